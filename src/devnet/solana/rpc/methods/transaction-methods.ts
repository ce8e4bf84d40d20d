import { encode } from '../../../../chains/solana/base58.ts';
import type { BankTransaction } from '../../bank/bank-events.ts';
import type { BankView } from '../bank-view.ts';
import {
  commitmentOf,
  configAt,
  integerOf,
  listOf,
  pubkeyOf,
  type RpcMethod,
  signatureOf,
} from '../params.ts';
import { invalidParams } from '../rpc-error.ts';
import { encodingOf, statusJson, transactionJson } from '../transaction-json.ts';

const maxStatuses = 256;
const maxSignatures = 1_000;

/** Methods that look transactions up. */
export const transactionMethods: Readonly<Record<string, RpcMethod>> = {
  getTransaction: ({ view }, params) => {
    const signature = signatureOf(params[0]);
    const config = typeof params[1] === 'string' ? { encoding: params[1] } : configAt(params, 1);
    const found = view.transaction(signature, commitmentOf(config.commitment, 'confirmed'));
    const encoding = encodingOf(config.encoding);
    if (found === undefined) return null;
    return {
      slot: found.slot,
      ...transactionJson(found, encoding, config.maxSupportedTransactionVersion),
      blockTime: view.block(found.slot)?.blockTime ?? null,
    };
  },
  getSignatureStatuses: (context, params) => {
    const { view } = context;
    const value = listOf(params[0], maxStatuses)
      .map(signatureOf)
      .map(signature => {
        const found = view.transaction(signature, 'processed');
        return found === undefined ? null : signatureStatus(found, view);
      });
    return { context: { slot: view.slotAt('processed') }, value };
  },
  getSignaturesForAddress: ({ view }, params) => {
    const address = pubkeyOf(params[0]);
    const config = configAt(params, 1);
    const commitment = commitmentOf(config.commitment, 'confirmed');
    const newest = view.slotAt(commitment);
    const limit = config.limit === undefined ? maxSignatures : integerOf(config.limit, 'limit');
    if (limit < 1 || limit > maxSignatures) throw invalidParams(`Invalid limit; max ${maxSignatures}`);
    const before = config.before ? encode(signatureOf(config.before)) : undefined;
    const until = config.until ? encode(signatureOf(config.until)) : undefined;
    let list = view.bank.ledger.history.transactionsOf(address).filter(({ slot }) => slot <= newest);
    if (before !== undefined) list = list.slice(0, Math.max(0, positionOf(before, list, view)));
    if (until !== undefined) list = list.slice(positionOf(until, list, view) + 1);
    return list
      .slice(-limit)
      .reverse()
      .map(({ signature, slot, error }) => ({
        signature: encode(signature),
        slot,
        err: error ?? null,
        memo: null,
        blockTime: view.block(slot)?.blockTime ?? null,
        confirmationStatus: view.commitmentOf(slot),
      }));
  },
};

/** Where a signature stands in a list, oldest first; of one that names another address, where it would stand; -1: unknown. */
function positionOf(signature: string, list: readonly BankTransaction[], view: BankView): number {
  const at = list.findIndex(each => encode(each.signature) === signature);
  if (at !== -1) return at;
  const other = view.transaction(signatureOf(signature), 'processed');
  if (other === undefined) return -1;
  return list.filter(({ slot, index }) => slot < other.slot || (slot === other.slot && index < other.index))
    .length;
}

function signatureStatus(found: BankTransaction, view: BankView): unknown {
  const confirmationStatus = view.commitmentOf(found.slot);
  return {
    slot: found.slot,
    confirmations: confirmationStatus === 'finalized' ? null : view.slotAt('processed') - found.slot,
    err: found.error ?? null,
    status: statusJson(found),
    confirmationStatus,
  };
}
