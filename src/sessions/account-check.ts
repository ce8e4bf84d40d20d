import type { StepOutcome } from './retrying.ts';
import type { SessionChain } from './session-chain.ts';
import type { SessionRecord } from './session-record.ts';

/** Looks whether the account that an event tells of is there, as a step of `Retrying`. */
export function accountCheck(chain: SessionChain) {
  return async (record: SessionRecord, signal: AbortSignal): Promise<StepOutcome> => {
    const { address } = record;
    if (address !== undefined && (await chain.account(address, record.slot, signal)) === undefined)
      return { kind: 'failed', record, reason: `there is no account ${address}` };
    const reason = 'the account is there';
    return { kind: 'finished', finished: { record: { ...record, state: 'done', reason }, result: 'noted' } };
  };
}
