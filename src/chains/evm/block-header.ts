/** What a block has and the header that `newHeads` announces has not (go-ethereum's `types.Header`). */
const bodyFields = ['transactions', 'uncles', 'withdrawals', 'size', 'totalDifficulty'];

/**
 * Makes the event that `newHeads` would have sent out of a block as `eth_getBlockByNumber` gives it. All quantities in it
 * are hex strings, so that decoding loses nothing.
 *
 * @returns `undefined` for anything but a JSON object.
 */
export function headerOf(block: Buffer): Buffer | undefined {
  let value: unknown;
  try {
    value = JSON.parse(block.toString());
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const header = Object.entries(value).filter(([field]) => !bodyFields.includes(field));
  return Buffer.from(JSON.stringify(Object.fromEntries(header)));
}
