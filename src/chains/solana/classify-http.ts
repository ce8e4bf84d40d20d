import { httpClassifier } from '../http-classifier.ts';
import { errorTexts } from './error-texts.ts';

/**
 * What a response means by its HTTP status and the first bytes of its body, for statuses other than 2xx and for bodies
 * that are not JSON-RPC. Nodes answer every call with 200; other statuses come from what stands in front of them, some
 * of which pass the node's own errors on under a status that they like better.
 *
 * @returns `undefined`: the body is, or may be, a JSON-RPC response; classify that.
 */
export const classifyHttp = httpClassifier(errorTexts.rateLimit, (status, text, isRpc) => {
  if (isRpc && nodeError.test(text)) return 'rpc';
  if (status >= 500) return 'failure';
  if (status === 410) return errorTexts.elsewhere.test(text) ? 'elsewhere' : 'unsupported';
  if (status === 401 || status === 402 || status === 403) {
    if (errorTexts.elsewhere.test(text)) return 'elsewhere';
    return errorTexts.unsupported.test(text) ? 'unsupported' : 'failure';
  }
  return status === 413 ? 'elsewhere' : undefined;
});

/** A code that a node gives itself: -32001 to -32020. */
const nodeError = /"code": ?-320(0[1-9]|1\d|20)\b/;
