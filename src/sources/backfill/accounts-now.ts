import { decode } from '../../chains/solana/base58.ts';
import type { AccountUpdate } from '../../chains/solana/updates.ts';
import type { Intake } from '../intake.ts';
import { isSlot } from '../slots/believed-slots.ts';
import type { SourceSubscription } from '../source.ts';
import type { PatientCalls } from './patient-calls.ts';

/** Accounts in one call: the most that providers take. */
const PAGE = 100;

/** Reads what the accounts that subscriptions name are now: of what they were meanwhile there is no history. */
export class AccountsNow {
  readonly #commitment: 'confirmed' | 'finalized';
  readonly #intake: Intake;
  readonly #calls: PatientCalls;

  constructor(
    commitment: 'confirmed' | 'finalized',
    { intake, calls }: { readonly intake: Intake; readonly calls: PatientCalls },
  ) {
    this.#commitment = commitment;
    this.#intake = intake;
    this.#calls = calls;
  }

  /** @throws as `PatientCalls.call` */
  async fetch(subscriptions: ReadonlySet<SourceSubscription>, signal: AbortSignal): Promise<void> {
    const keys = new Set<string>();
    for (const { filter } of subscriptions) {
      if (filter.kind === 'account') for (const key of filter.accounts) keys.add(key);
    }
    const all = [...keys];
    for (let start = 0; start < all.length; start += PAGE) {
      const page = all.slice(start, start + PAGE);
      const accounts = await this.#calls.call(
        'getMultipleAccounts',
        [page, { commitment: this.#commitment, encoding: 'base64' }],
        result => readAccounts(result, page),
        signal,
      );
      for (const account of accounts) this.#intake.takeFetched(account, subscriptions);
    }
  }
}

function readAccounts(result: unknown, keys: readonly string[]): readonly AccountUpdate[] | undefined {
  const { context, value } = (result ?? {}) as { context?: { slot?: unknown }; value?: unknown };
  const slot = context?.slot;
  if (!isSlot(slot) || !Array.isArray(value) || value.length !== keys.length) return undefined;
  const accounts: AccountUpdate[] = [];
  for (const [index, account] of value.entries()) {
    const pubkey = decode(keys[index]!);
    if (account === null || pubkey === undefined) continue;
    const { owner, lamports, data, executable } = account;
    const ownerKey = typeof owner === 'string' ? decode(owner) : undefined;
    if (ownerKey === undefined || typeof lamports !== 'number' || typeof data?.[0] !== 'string')
      return undefined;
    accounts.push({
      kind: 'account',
      slot,
      pubkey,
      owner: ownerKey,
      lamports: BigInt(lamports),
      data: Buffer.from(data[0], 'base64'),
      isExecutable: executable === true,
      writeVersion: 0n,
      signature: undefined,
    });
  }
  return accounts;
}
