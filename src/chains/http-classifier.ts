import type { ChainFamily, FailureClass } from './chain-family.ts';
import { readable } from './text-patterns.ts';

/**
 * What a family's nodes mean by a response, as far as it is theirs alone to say; `rpc`: the body is a JSON-RPC response
 * that counts for more than the status; undefined: what every family means by it.
 */
export type HttpVerdict = FailureClass | 'rpc' | undefined;

/**
 * Says what responses mean by their HTTP status and the first bytes of their body, for statuses other than 2xx and for
 * bodies that are not JSON-RPC.
 *
 * @param rateLimit what providers write about a limit; whatever else would be a failure is one of these then
 * @param judge gets the body's start as `readable` makes it; asked for no 2xx and no 429
 */
export function httpClassifier(
  rateLimit: RegExp,
  judge: (status: number, text: string, isRpc: boolean) => HttpVerdict,
): ChainFamily['classifyHttp'] {
  return (status, bodyStart) => {
    // The title of an HTML page, which says what it is, stands behind its styles.
    const text = readable(bodyStart.trimStart(), 2048);
    const isJson = text.startsWith('{') || text.startsWith('[');
    const isRpc = isJson && /"(jsonrpc|error|result)"/.test(text);
    const limitOr = (otherwise: FailureClass) => (rateLimit.test(text) ? 'rate_limited' : otherwise);
    if (status >= 200 && status < 300) return isJson ? undefined : limitOr('failure');
    if (status === 429) return 'rate_limited';
    const verdict = judge(status, text, isRpc) ?? (isRpc ? 'rpc' : undefined);
    if (verdict === 'rpc') return undefined;
    // A bad request is more often the client's doing than the provider's, so it must not open a breaker.
    if (verdict === undefined) return limitOr(status === 400 || status === 422 ? 'elsewhere' : 'failure');
    return verdict === 'failure' ? limitOr('failure') : verdict;
  };
}
