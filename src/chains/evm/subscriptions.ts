import type { SubscriptionRules } from '../subscription-rules.ts';

/** One method for all streams, the params tell which. https://geth.ethereum.org/docs/interacting-with-geth/rpc/pubsub */
export const evmSubscriptions: SubscriptionRules = {
  heads: '["newHeads"]',
  idForm: 'hex',
  unknownId: 'subscription not found',
  action: method =>
    method === 'eth_subscribe' ? 'subscribe' : method === 'eth_unsubscribe' ? 'unsubscribe' : undefined,
  stream: (_method, params) => params ?? '[]',
  subscribe: stream => ({ method: 'eth_subscribe', params: stream }),
  unsubscribe: (_stream, id) => ({ method: 'eth_unsubscribe', params: JSON.stringify([id]) }),
  notification: (_stream, id) => ({
    prefix: `{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"${id}","result":`,
    suffix: '}}',
  }),
  feedStream: ([stream, detail]) => {
    if (stream === 'newHeads') return { kind: 'heads' };
    if (stream === 'logs') return { kind: 'logs', criteria: detail };
    if (stream === 'newPendingTransactions' && (detail ?? false) === false) return { kind: 'pending' };
    return undefined;
  },
  refusalCode: () => -32602,
};

const hexString = /"0[xX][0-9a-fA-F]*"/g;

/** Equal streams get equal text: hexadecimal digits in small letters. */
export function canonicalStream(params: string): string {
  return params.replace(hexString, hex => hex.toLowerCase());
}
