import type { FailureClass } from '../chain-family.ts';
import { readable } from '../text-patterns.ts';
import { errorTexts } from './error-texts.ts';

/**
 * What a response means by its HTTP status and the first bytes of its body, for statuses other than 2xx and for bodies
 * that are not JSON-RPC.
 *
 * A status that names a verdict on the request (400, 404 and so on) counts for less than a JSON-RPC body that says
 * which: some nodes send every error with a status of its own, a revert with 400 or 500 included.
 *
 * @returns `undefined`: the body is, or may be, a JSON-RPC response; classify that.
 */
export function classifyHttp(status: number, bodyStart: string): FailureClass | undefined {
  // The title of an HTML page, which says what it is, stands behind its styles.
  const text = readable(bodyStart.trimStart(), 2048);
  const isJson = text.startsWith('{') || text.startsWith('[');
  const isRpc = isJson && /"(jsonrpc|error|result)"/.test(text);
  if (status >= 200 && status < 300) return isJson ? undefined : limitOr('failure', text);
  if (status === 429) return 'rate_limited';
  if (isRpc && (errorTexts.verdict.test(text) || /"code": ?3\b/.test(text))) return undefined;
  if (status >= 500) return isRpc && errorTexts.transaction.test(text) ? undefined : limitOr('failure', text);
  if (status === 401 || status === 402 || status === 403) {
    return errorTexts.unsupported.test(text) ? 'unsupported' : limitOr('failure', text);
  }
  if (status === 413) return errorTexts.tooLarge.test(text) ? 'too_large' : 'elsewhere';
  if (isRpc) return undefined;
  // A bad request is more often the client's doing than the provider's, so it must not open a breaker.
  return limitOr(status === 400 || status === 422 ? 'elsewhere' : 'failure', text);
}

function limitOr(otherwise: FailureClass, text: string): FailureClass {
  return errorTexts.rateLimit.test(text) ? 'rate_limited' : otherwise;
}
