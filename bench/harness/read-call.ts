/** The read that HTTP benchmarks send: a state read at `latest`, as wallets and indexers send most. */
export const read =
  '{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":["0x70997970c51812dc3a010c7d01b50e0d17dc79c8","latest"]}';

/** Its method. */
export const readMethod = 'eth_getBalance';

/** The upstream's answer to it. */
export const readAnswer = '{"jsonrpc":"2.0","id":1,"result":"0x56bc75e2d63100000"}';
