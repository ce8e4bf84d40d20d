import { encode } from '../../../chains/solana/base58.ts';
import type { Commitment } from '../../../chains/solana/commitment.ts';
import type { AccountWrite, BankBlock, BankTransaction } from '../bank/bank-events.ts';
import { accountJson } from './account-json.ts';
import type { BankView } from './bank-view.ts';
import { accountFilter } from './methods/account-methods.ts';
import { blockJson } from './methods/block-methods.ts';
import { type Config, commitmentOf, configAt, listOf, pubkeyOf, signatureOf } from './params.ts';
import { invalidParams } from './rpc-error.ts';
import type { FeedEvent } from './slot-feed.ts';

/** What a subscription tells. */
export interface SubscriptionKind {
  /** The method of its notifications. */
  readonly notification: string;
  /** The results that an event gives, in order. */
  onEvent(event: FeedEvent): readonly unknown[];
  /** What can be told at once. */
  atOnce?(): readonly unknown[];
  /** Whether a result is the last. */
  isLast?(result: unknown): boolean;
}

type Opener = (params: readonly unknown[], view: BankView) => SubscriptionKind;

/** Subscriptions by the method that opens them. */
export const subscriptionKinds: ReadonlyMap<string, Opener> = new Map<string, Opener>([
  [
    'slotSubscribe',
    (_params, view) => ({
      notification: 'slotNotification',
      onEvent: event =>
        event.kind === 'slot' && event.update.status === 'processed'
          ? [{ parent: event.update.parent ?? 0, root: view.slotAt('finalized'), slot: event.update.slot }]
          : [],
    }),
  ],
  [
    'rootSubscribe',
    () => ({
      notification: 'rootNotification',
      onEvent: event =>
        event.kind === 'slot' && event.update.status === 'finalized' ? [event.update.slot] : [],
    }),
  ],
  ['logsSubscribe', logs],
  ['accountSubscribe', account],
  ['programSubscribe', program],
  ['signatureSubscribe', signature],
  ['blockSubscribe', block],
]);

function logs(params: readonly unknown[]): SubscriptionKind {
  const mentioned = logsFilter(params[0]);
  const commitment = commitmentOf(configAt(params, 1).commitment);
  return {
    notification: 'logsNotification',
    onEvent: event =>
      transactionsOf(event, commitment)
        .filter(each => mentioned === undefined || each.accountKeys.some(key => encode(key) === mentioned))
        .map(each =>
          inContext(each.slot, {
            signature: encode(each.signature),
            err: each.error ?? null,
            logs: each.logs,
          }),
        ),
  };
}

function logsFilter(filter: unknown): string | undefined {
  if (filter === 'all' || filter === 'allWithVotes') return undefined;
  const mentions = (filter as Config | undefined)?.mentions;
  if (mentions === undefined)
    throw invalidParams('Invalid params: expected `all`, `allWithVotes` or `mentions`');
  const keys = listOf(mentions, 1_000);
  if (keys.length !== 1) throw invalidParams('Invalid Request: Only 1 address supported');
  return pubkeyOf(keys[0]);
}

function account(params: readonly unknown[]): SubscriptionKind {
  const name = pubkeyOf(params[0]);
  const config = configAt(params, 1);
  const commitment = commitmentOf(config.commitment);
  return {
    notification: 'accountNotification',
    onEvent: event =>
      writesOf(event, commitment)
        .filter(({ pubkey }) => encode(pubkey) === name)
        .map(write => inContext(write.slot, accountJson(write, config))),
  };
}

function program(params: readonly unknown[]): SubscriptionKind {
  const owner = pubkeyOf(params[0]);
  const config = configAt(params, 1);
  const commitment = commitmentOf(config.commitment);
  const matches = accountFilter(config.filters);
  return {
    notification: 'programNotification',
    onEvent: event =>
      writesOf(event, commitment)
        .filter(write => encode(write.owner) === owner && matches(write))
        .map(write =>
          inContext(write.slot, { pubkey: encode(write.pubkey), account: accountJson(write, config) }),
        ),
  };
}

function signature(params: readonly unknown[], view: BankView): SubscriptionKind {
  const wanted = signatureOf(params[0]);
  const config = configAt(params, 1);
  const commitment = commitmentOf(config.commitment);
  const isWanted = (each: BankTransaction) => Buffer.compare(each.signature, wanted) === 0;
  const result = (each: BankTransaction) => inContext(each.slot, { err: each.error ?? null });
  return {
    notification: 'signatureNotification',
    atOnce: () => {
      const found = view.transaction(wanted, commitment);
      return found === undefined ? [] : [result(found)];
    },
    onEvent: event => {
      if (event.kind !== 'received') return transactionsOf(event, commitment).filter(isWanted).map(result);
      const isTold = config.enableReceivedNotification === true && isWanted(event.transaction);
      return isTold ? [inContext(event.transaction.slot, 'receivedSignature')] : [];
    },
    isLast: told => (told as { readonly value: unknown }).value !== 'receivedSignature',
  };
}

function block(params: readonly unknown[]): SubscriptionKind {
  const config = configAt(params, 1);
  const commitment = commitmentOf(config.commitment, 'confirmed');
  const mentioned =
    params[0] === 'all' ? undefined : pubkeyOf((params[0] as Config | undefined)?.mentionsAccountOrProgram);
  const isWanted = (each: BankTransaction) =>
    mentioned === undefined || each.accountKeys.some(key => encode(key) === mentioned);
  // The configuration is checked now, not when the first block comes.
  blockJson(emptyBlock, config);
  return {
    notification: 'blockNotification',
    onEvent: event => {
      const found = blockOf(event, commitment);
      if (found === undefined) return [];
      const transactions = found.transactions.filter(isWanted);
      if (mentioned !== undefined && transactions.length === 0) return [];
      const told = blockJson({ ...found, transactions }, config);
      return [inContext(found.slot, { slot: found.slot, err: null, block: told })];
    },
  };
}

const emptyBlock: BankBlock = {
  slot: 0,
  parentSlot: 0,
  blockhash: '',
  parentBlockhash: '',
  blockTime: 0,
  blockHeight: 0,
  transactionCount: 0,
  transactions: [],
};

function inContext(slot: number, value: unknown): { readonly context: unknown; readonly value: unknown } {
  return { context: { slot }, value };
}

/** The block that reaches a commitment with this event. */
function blockOf(event: FeedEvent, commitment: Commitment): BankBlock | undefined {
  return event.kind === 'slot' && event.update.status === commitment ? event.block : undefined;
}

function transactionsOf(event: FeedEvent, commitment: Commitment): readonly BankTransaction[] {
  return blockOf(event, commitment)?.transactions ?? [];
}

/** The last write of each account in the block, as notifications come once a block. */
function writesOf(event: FeedEvent, commitment: Commitment): AccountWrite[] {
  const last = new Map<string, AccountWrite>();
  for (const { writes } of transactionsOf(event, commitment))
    for (const write of writes) last.set(encode(write.pubkey), write);
  return [...last.values()];
}
