import { streamMethod } from './subscriptions.ts';

/** By method: how many params stand before the object of options; absent: it takes none. */
const optionsAt: Readonly<Record<string, number>> = {
  accountSubscribe: 1,
  blockSubscribe: 1,
  logsSubscribe: 1,
  programSubscribe: 1,
  signatureSubscribe: 1,
};
const string = /"(?:[^"\\]|\\.)*"/g;
/** Such a number may lose digits by being read. */
const longNumber = /\d{16}/;

/**
 * The one text of streams that mean the same: the commitment is written out (`finalized` where the client says none),
 * options of `null` and those that say what is so anyhow are gone. Encodings stay apart, also the one that a node falls back
 * to: what it sends then differs from method to method.
 *
 * @param text canonical JSON; undefined is returned when it names no stream
 */
export function canonicalStream(text: string): string | undefined {
  const method = streamMethod(text);
  if (method === undefined) return undefined;
  const at = optionsAt[method];
  if (at === undefined || longNumber.test(text.replace(string, ''))) return text;
  const [, ...params] = JSON.parse(text) as unknown[];
  const given = params[at] ?? {};
  // What a node would refuse is for a node to refuse.
  if (params.length < at || params.length > at + 1 || typeof given !== 'object' || Array.isArray(given))
    return text;
  return JSON.stringify([method, ...params.slice(0, at), optionsOf(method, given)]);
}

function optionsOf(method: string, given: object): Record<string, unknown> {
  const options: Record<string, unknown> = { commitment: 'finalized' };
  for (const [name, value] of Object.entries(given)) if (value !== null) options[name] = value;
  if (method === 'signatureSubscribe' && options.enableReceivedNotification === false)
    delete options.enableReceivedNotification;
  return Object.fromEntries(Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1)));
}
