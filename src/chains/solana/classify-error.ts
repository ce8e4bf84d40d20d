import type { FailureClass, UpstreamError } from '../chain-family.ts';
import { readable } from '../text-patterns.ts';
import { errorTexts } from './error-texts.ts';

/**
 * What an upstream's JSON-RPC error means. The codes are
 * [the node's](https://github.com/anza-xyz/agave/blob/master/rpc-client-api/src/custom_error.rs) and say it all, with
 * two exceptions: vendors put limits under some of the same codes (-32003, -32005, -32007, -32009), so there a text
 * about limits counts for more, and what a program may have written into a text is never read as trouble of the provider.
 *
 * **A slot that was skipped is asked for elsewhere, once around:** the node says the same of a slot that it has lost
 * in a jump to a snapshot, or that its long-term storage lacks, which another provider may have. When all say so, the
 * first one's words go back.
 *
 * **The unknown error is an answer**, as it is for the EVM: most are about what the client asked for. A bare -32603
 * counts as a failure, one that explains itself is asked elsewhere without blame.
 */
export function classifyError(error: UpstreamError, method: string): FailureClass {
  return readError(error, method) ?? 'answer';
}

/** Whether no rule knows the error, so that its shape is worth a line in the log. */
export function isUnknownError(error: UpstreamError, method: string): boolean {
  return readError(error, method) === undefined;
}

/** Whether the node does not know the blockhash of a transaction: another one may. */
export function isBlockhashNotFound({ code, message, dataHead }: UpstreamError): boolean {
  if (code !== PREFLIGHT_FAILURE) return false;
  return errorTexts.blockhash.test(readable(message)) || dataHead?.includes('"BlockhashNotFound"') === true;
}

function readError(error: UpstreamError, method: string): FailureClass | undefined {
  const { code } = error;
  const text = readable(error.message);
  if (code === INVALID_PARAMS || code === INVALID_REQUEST) return 'answer';
  if (code === PREFLIGHT_FAILURE || errorTexts.verdict.test(text))
    return isBlockhashNotFound(error) && method === 'sendTransaction' ? 'elsewhere' : 'answer';
  const known = byCode.get(code);
  if (known !== undefined)
    return vendorLimits.has(code) && errorTexts.rateLimit.test(text) ? 'rate_limited' : known;
  if (errorTexts.elsewhere.test(text)) return 'elsewhere';
  if (errorTexts.unsupported.test(text)) return 'unsupported';
  if (errorTexts.rateLimit.test(text)) return 'rate_limited';
  if (errorTexts.failure.test(text)) return 'failure';
  if (code === INTERNAL_ERROR) return 'elsewhere';
  return code >= 500 && code < 600 ? 'failure' : undefined;
}

const PREFLIGHT_FAILURE = -32002;
const INVALID_REQUEST = -32600;
const INVALID_PARAMS = -32602;
const INTERNAL_ERROR = -32603;

/** Codes under which vendors tell of limits. */
const vendorLimits: ReadonlySet<number> = new Set([-32003, -32005, -32007, -32009]);

const byCode: ReadonlyMap<number, FailureClass> = new Map<number, FailureClass>([
  [-32700, 'elsewhere'],
  [-32601, 'unsupported'],
  // A block that this node has cleaned up.
  [-32001, 'elsewhere'],
  // The signature does not verify.
  [-32003, 'answer'],
  // The block is not available yet.
  [-32004, 'elsewhere'],
  // Unhealthy, or behind: it says so of itself, its health decides what it is asked next.
  [-32005, 'elsewhere'],
  // A precompiled program found a signature wrong.
  [-32006, 'answer'],
  // The slot was skipped, or lost in a jump to a snapshot.
  [-32007, 'elsewhere'],
  // It has no snapshot.
  [-32008, 'elsewhere'],
  // The slot was skipped, or is missing in its long-term storage.
  [-32009, 'elsewhere'],
  // The key is not in its secondary index; others of the same method may be.
  [-32010, 'elsewhere'],
  // It keeps no history of transactions.
  [-32011, 'unsupported'],
  // The scan was aborted, for one because the accounts are too many for it.
  [-32012, 'elsewhere'],
  // A signature of the wrong length.
  [-32013, 'answer'],
  // The block's status is not known yet.
  [-32014, 'elsewhere'],
  // The client did not say that it understands this version of a transaction.
  [-32015, 'answer'],
  // It has not reached `minContextSlot`.
  [-32016, 'elsewhere'],
  // The rewards of the epoch are still being paid.
  [-32017, 'answer'],
  // No boundary of an epoch, or a gap in its ledger.
  [-32018, 'elsewhere'],
  // Its long-term storage does not answer.
  [-32019, 'elsewhere'],
  // It does not have the transaction that a search begins or ends with.
  [-32020, 'elsewhere'],
  [-32029, 'rate_limited'],
  [-32429, 'rate_limited'],
  [401, 'failure'],
  [402, 'failure'],
  [429, 'rate_limited'],
]);
