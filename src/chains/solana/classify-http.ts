import type { FailureClass } from '../chain-family.ts';
import { readable } from '../text-patterns.ts';
import { errorTexts } from './error-texts.ts';

/**
 * What a response means by its HTTP status and the first bytes of its body, for statuses other than 2xx and for bodies
 * that are not JSON-RPC. Nodes answer every call with 200; other statuses come from what stands in front of them, some
 * of which pass the node's own errors on under a status that they like better.
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
  if (isRpc && nodeError.test(text)) return undefined;
  if (status >= 500) return limitOr('failure', text);
  if (status === 410) return errorTexts.elsewhere.test(text) ? 'elsewhere' : 'unsupported';
  if (status === 401 || status === 402 || status === 403) {
    if (errorTexts.elsewhere.test(text)) return 'elsewhere';
    return errorTexts.unsupported.test(text) ? 'unsupported' : limitOr('failure', text);
  }
  if (status === 413) return 'elsewhere';
  if (isRpc) return undefined;
  // A bad request is more often the client's doing than the provider's, so it must not open a breaker.
  return limitOr(status === 400 || status === 422 ? 'elsewhere' : 'failure', text);
}

/** A code that a node gives itself: -32001 to -32020. */
const nodeError = /"code": ?-320(0[1-9]|1\d|20)\b/;

function limitOr(otherwise: FailureClass, text: string): FailureClass {
  return errorTexts.rateLimit.test(text) ? 'rate_limited' : otherwise;
}
