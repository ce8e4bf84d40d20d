/** Words that stand in the addresses of RPC providers without being a key. */
const words = new Set(
  (
    'api apis archive arb arbitrum arbitrumone avalanche avax b base bc bnb bsc bscrpc c celo chain chains devnet dev eth ether ' +
    'ethereum evm ext fantom free full gnosis goerli graphql holesky hoodi http https id internal json jsonrpc linea live local main ' +
    'mainnet matic net network node nodes one op opbnb opt optimism optimistic p polygon pos private prod production project ' +
    'public rpc rpcs scroll sepolia server solana stage staging test testnet v version wallet web ws wss x xdai zk zkevm zksync ' +
    'zora secp tls query batch timeout true false yes no'
  ).split(' '),
);

/**
 * Whether a part of a URL reads as plain words ("v3", "eth-mainnet", "polygon_zkevm") and therefore holds no key.
 * Everything else may.
 */
export function isPlainWord(part: string): boolean {
  if (part === '' || part.length > 40) return part === '';
  return part
    .toLowerCase()
    .split(/[-_.]/)
    .every(word => word === '' || words.has(word.replace(/\d{1,5}$/, '')) || /^\d{1,5}$/.test(word));
}
