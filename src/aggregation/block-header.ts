/** What a block has and the header that `newHeads` announces has not (go-ethereum's `types.Header`). */
const bodyFields = ['transactions', 'uncles', 'withdrawals', 'size', 'totalDifficulty'];

/**
 * Makes the event that `newHeads` would have sent out of a block from `eth_getBlockByNumber`. All quantities in it
 * are hex strings, so that decoding loses nothing. A block that is not a JSON object comes back as it is.
 */
export function headerOf(block: Buffer): Buffer {
  const value: unknown = JSON.parse(block.toString());
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return block;
  const header = Object.entries(value).filter(([field]) => !bodyFields.includes(field));
  return Buffer.from(JSON.stringify(Object.fromEntries(header)));
}
