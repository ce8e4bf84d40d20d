import type { SubscriptionRules } from '../subscription-rules.ts';

/** The streams of a node: its names, without `Subscribe`. https://solana.com/docs/rpc/websocket */
const names = ['account', 'block', 'logs', 'program', 'root', 'signature', 'slot', 'slotsUpdates', 'vote'];

interface Methods {
  readonly unsubscribe: string;
  readonly notification: string;
}

const bySubscribe = new Map<string, Methods>(
  names.map(name => [
    `${name}Subscribe`,
    { unsubscribe: `${name}Unsubscribe`, notification: `${name}Notification` },
  ]),
);
const unsubscribes: ReadonlySet<string> = new Set([...bySubscribe.values()].map(each => each.unsubscribe));

/** A method for each stream, ids that are numbers; an id may be given up with any stream's method, as Agave has it. */
export const solanaSubscriptions: SubscriptionRules = {
  heads: '["slotSubscribe"]',
  idForm: 'number',
  unknownId: 'Invalid subscription id.',
  action: method =>
    bySubscribe.has(method) ? 'subscribe' : unsubscribes.has(method) ? 'unsubscribe' : undefined,
  stream,
  subscribe: text => {
    const method = streamMethod(text) ?? '';
    const rest = text.slice(method.length + 3);
    return { method, params: rest === ']' ? '[]' : `[${rest.slice(1)}` };
  },
  unsubscribe: (text, id) => ({
    method: methodsOf(text).unsubscribe,
    params: /^\d+$/.test(id) ? `[${id}]` : JSON.stringify([id]),
  }),
  notification: (text, id) => ({
    prefix: `{"jsonrpc":"2.0","method":"${methodsOf(text).notification}","params":{"result":`,
    suffix: `,"subscription":${id}}}`,
  }),
  feedStream: () => undefined,
  refusalCode: upstreamCode => upstreamCode ?? -32602,
};

/** The method in canonical params of a stream; undefined: they name none. */
export function streamMethod(text: string): string | undefined {
  const end = text.indexOf('"', 2);
  const method = text.startsWith('["') && end > 0 ? text.slice(2, end) : '';
  return bySubscribe.has(method) ? method : undefined;
}

function stream(method: string, params: string | undefined): string | undefined {
  const text = params?.trim() ?? 'null';
  if (text === 'null') return JSON.stringify([method]);
  if (!text.startsWith('[')) return undefined;
  const items = text.slice(1, -1).trim();
  return items === '' ? JSON.stringify([method]) : `[${JSON.stringify(method)},${items}]`;
}

function methodsOf(text: string): Methods {
  const method = /^\s*\[\s*"([A-Za-z]+)"/.exec(text)?.[1] ?? '';
  const methods = bySubscribe.get(method);
  if (methods === undefined) throw new TypeError(`${method} is no stream of Solana`);
  return methods;
}
