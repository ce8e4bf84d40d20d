import type { FailureClass, UpstreamError } from '../chain-family.ts';
import { readable } from '../text-patterns.ts';
import { errorTexts } from './error-texts.ts';

/**
 * What an upstream's JSON-RPC error means. Text counts more than code: codes collide (-32005 is a rate limit, a range
 * too wide or, from besu, a transaction's gas limit; -32015 and -32016 are three things each).
 *
 * The order is a matter of safety. What the client or a contract's author can write into a text must not pass for
 * trouble of the provider, else one caller could have all providers cooled or their breakers opened: so reverts,
 * tracers and invalid params (which echo what was sent) are recognised before any text about limits or failures.
 *
 * **The unknown error is an answer.** Node versions add texts faster than lists grow, and most errors are about what
 * the client asked for: returned as they are, they cost one dispatch and never start a storm of retries; each would be
 * the same anywhere. The exceptions: -32603 says of itself that the node failed: a bare one counts as a failure, one
 * that explains itself is asked elsewhere without blame; -32700 is asked elsewhere, for what was sent was valid JSON.
 */
export function classifyError(error: UpstreamError, method: string): FailureClass {
  return readText(error, method) ?? readCode(error.code) ?? 'answer';
}

/** Whether no rule knows the error, so that its shape is worth a line in the log. */
export function isUnknownError(error: UpstreamError, method: string): boolean {
  return (
    readText(error, method) === undefined &&
    (error.code === INTERNAL_ERROR || readCode(error.code) === undefined)
  );
}

function readText(error: UpstreamError, method: string): FailureClass | undefined {
  const { code } = error;
  const text = readable(error.message);
  if (isVerdict(error, text)) return 'answer';
  if (errorTexts.senderLimit.test(text) || errorTexts.tracer.test(text) || errorTexts.handle.test(text))
    return 'answer';
  if (errorTexts.tooLarge.test(text)) return 'too_large';
  if (code === INVALID_PARAMS) return errorTexts.elsewhere.test(text) ? 'elsewhere' : 'answer';
  if (code === METHOD_NOT_FOUND) return readNotFound(text, method);
  if (errorTexts.rateLimit.test(text)) return 'rate_limited';
  if (errorTexts.transaction.test(text)) return 'answer';
  if (errorTexts.unsupported.test(text)) return 'unsupported';
  if (errorTexts.elsewhere.test(text)) return 'elsewhere';
  if (errorTexts.failure.test(text)) return 'failure';
  return undefined;
}

/** For texts that say nothing. Some vendors put an HTTP status into the code. */
function readCode(code: number): FailureClass | undefined {
  return byCode.get(code) ?? (code >= 500 && code < 600 ? 'failure' : undefined);
}

/** Returned with the data untouched: `Error(string)` and `Panic(uint256)`, bare or behind OpenEthereum's "Reverted ". */
function isVerdict({ code, dataHead }: UpstreamError, text: string): boolean {
  if (code === EXECUTION_REVERTED || errorTexts.verdict.test(text)) return true;
  return dataHead !== undefined && /^"?(reverted )?0x(08c379a0|4e487b71)/i.test(dataHead);
}

function readNotFound(text: string, method: string): FailureClass {
  // Geth answers an unknown stream so; the method itself is there.
  if (method === 'eth_subscribe' && text.includes('subscription')) return 'answer';
  // Public endpoints that serve recent blocks only say so with this code.
  return errorTexts.elsewhere.test(text) && !text.includes('method') ? 'elsewhere' : 'unsupported';
}

const EXECUTION_REVERTED = 3;
const INTERNAL_ERROR = -32603;
const INVALID_PARAMS = -32602;
const METHOD_NOT_FOUND = -32601;

const byCode: ReadonlyMap<number, FailureClass> = new Map<number, FailureClass>([
  [-32700, 'elsewhere'],
  [-32600, 'answer'],
  [INTERNAL_ERROR, 'elsewhere'],
  [-32604, 'unsupported'],
  [-32001, 'elsewhere'],
  [-32002, 'elsewhere'],
  [-32003, 'answer'],
  [-32004, 'unsupported'],
  [-32005, 'rate_limited'],
  [-32006, 'unsupported'],
  [-32010, 'answer'],
  [-32011, 'failure'],
  [-32012, 'rate_limited'],
  [-32013, 'failure'],
  [-32015, 'answer'],
  [-32016, 'elsewhere'],
  [-32029, 'rate_limited'],
  [-32090, 'rate_limited'],
  [-32097, 'rate_limited'],
  [-39001, 'elsewhere'],
  [-40100, 'failure'],
  [4, 'answer'],
  [4444, 'elsewhere'],
  [4445, 'answer'],
  [401, 'failure'],
  [402, 'failure'],
  [403, 'failure'],
  [429, 'rate_limited'],
]);
