import { httpClassifier } from '../http-classifier.ts';
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
export const classifyHttp = httpClassifier(errorTexts.rateLimit, (status, text, isRpc) => {
  if (isRpc && (errorTexts.verdict.test(text) || /"code": ?3\b/.test(text))) return 'rpc';
  if (status >= 500) return isRpc && errorTexts.transaction.test(text) ? 'rpc' : 'failure';
  if (status === 401 || status === 402 || status === 403)
    return errorTexts.unsupported.test(text) ? 'unsupported' : 'failure';
  if (status === 413) return errorTexts.tooLarge.test(text) ? 'too_large' : 'elsewhere';
  return undefined;
});
