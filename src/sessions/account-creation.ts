import { TransactionMessage, VersionedTransaction } from '@solana/web3.js';
import { encode } from '../chains/solana/base58.ts';
import type { SessionsConfig } from '../config/sections/sessions.ts';
import type { Log } from '../telemetry/log.ts';
import { judgeAccount } from './account-verdict.ts';
import type { Confirmations } from './confirmations.ts';
import { creationRefusal } from './creation-checks.ts';
import { creationInstructions } from './creation-instructions.ts';
import type { Retrying, StepOutcome } from './retrying.ts';
import type { ChainAccount, SessionChain } from './session-chain.ts';
import type { CreationOrder, SentTransaction, SessionRecord } from './session-record.ts';
import type { Wallet } from './wallet.ts';

export interface AccountCreationDependencies {
  readonly chain: SessionChain;
  readonly wallet: Wallet;
  readonly confirmations: Confirmations;
  readonly retrying: Retrying;
  readonly log: Log;
  /** A transaction is sent. */
  readonly onSent: () => void;
}

type Ordered = SessionRecord & { readonly order: CreationOrder; readonly address: string };

/** Lamports of one signature, and what the payer has to keep so as not to be removed: an account without data. */
const signatureFee = 5_000;
const payerReserve = 890_880;

/**
 * Creates the account that an event asks for. What may be on the chain is stored before it is sent, and a second transaction
 * is made only when the first can have no effect any more: however often this is cut off, one account is created.
 */
export class AccountCreation {
  readonly #config: SessionsConfig;
  readonly #deps: AccountCreationDependencies;
  /** Signatures of this run; those of earlier runs are looked for in the chain's history at once. */
  readonly #own = new Set<string>();

  constructor(config: SessionsConfig, deps: AccountCreationDependencies) {
    this.#config = config;
    this.#deps = deps;
  }

  /** One step of it, from what is stored. */
  readonly step = async (record: SessionRecord, signal: AbortSignal): Promise<StepOutcome> => {
    const refusal = creationRefusal(this.#config, this.#deps.wallet.address, record);
    if (refusal !== undefined && record.sent === undefined) return rejected(record, refusal);
    const ordered = record as Ordered;
    if (record.sent === undefined) return this.#begin(ordered, signal);
    return record.state === 'verifying'
      ? this.#verify(ordered, record.sent.landedSlot ?? record.slot, signal)
      : this.#follow(ordered, record.sent, signal);
  };

  /** Looks at the address, makes a transaction, sends it. */
  async #begin(record: Ordered, signal: AbortSignal): Promise<StepOutcome> {
    const { chain, wallet, retrying } = this.#deps;
    const { order, address } = record;
    const [found, rent, { blockhash, lastValidBlockHeight }] = await Promise.all([
      chain.account(address, record.slot, signal),
      chain.rent(order.size, signal),
      chain.blockhash(signal),
    ]);
    const verdict = judgeAccount(found, order);
    if (verdict.kind === 'matches') {
      const reason = 'the account already exists, as it is wanted';
      return {
        kind: 'finished',
        finished: { record: { ...record, state: 'done', reason }, result: 'existing' },
      };
    }
    if (verdict.kind === 'differs' || verdict.kind === 'used')
      return rejected(record, `the account was created by somebody else: ${verdict.reason}`);
    const sent = this.#sign({ record, rent, found, blockhash, lastValidBlockHeight });
    const simulated = await chain.simulate(sent.bytes, signal);
    // The provider that simulates is behind the one that gave the blockhash.
    if (simulated.isBlockhashUnknown) return { kind: 'unanswered' };
    if (simulated.error !== undefined) {
      chain.forgetRent(order.size);
      const needed = rent - (found?.lamports ?? 0) + signatureFee + payerReserve;
      if ((await wallet.look(signal)) < needed) {
        await wallet.untilFunded(needed, signal);
        return { kind: 'next', record };
      }
      return { kind: 'failed', record, reason: `the simulation failed: ${simulated.error}` };
    }
    const next: SessionRecord = { ...record, state: 'creating', sent };
    await retrying.save(next, signal);
    this.#own.add(sent.signature);
    await this.#send(sent, signal);
    return { kind: 'next', record: next };
  }

  /** Waits for the end of a transaction that may be on its way. */
  async #follow(record: Ordered, sent: SentTransaction, signal: AbortSignal): Promise<StepOutcome> {
    const isOld = !this.#own.has(sent.signature);
    const confirmation = await this.#deps.confirmations.follow(sent, { isOld, signal });
    this.#own.delete(sent.signature);
    if (confirmation.kind === 'expired')
      return failed(
        record,
        `the transaction ${sent.signature} did not come onto the chain before it expired`,
      );
    const { slot, error } = confirmation;
    if (error !== undefined) return failed(record, `the transaction ${sent.signature} failed: ${error}`);
    const next: SessionRecord = { ...record, state: 'verifying', sent: { ...sent, landedSlot: slot } };
    await this.#deps.retrying.save(next, signal);
    return { kind: 'next', record: next };
  }

  /** The transaction was carried out: it is never made again, only looked at. */
  async #verify(record: Ordered, minSlot: number, signal: AbortSignal): Promise<StepOutcome> {
    const verdict = judgeAccount(
      await this.#deps.chain.account(record.address, minSlot, signal),
      record.order,
    );
    const { kind } = verdict;
    // With a seed nobody but the owner can have written there since.
    const isInitialised = kind === 'used' && this.#config.method === 'seed';
    if (kind === 'matches' || isInitialised) {
      const reason = isInitialised ? 'created; its owner has initialised it since' : 'created';
      return {
        kind: 'finished',
        finished: { record: { ...record, state: 'done', reason }, result: 'created' },
      };
    }
    const problem = 'reason' in verdict ? verdict.reason : 'there is no such account';
    return {
      kind: 'failed',
      record,
      reason: `the transaction was carried out, but the account is not as wanted: ${problem}`,
    };
  }

  async #send(sent: SentTransaction, signal: AbortSignal): Promise<void> {
    this.#deps.onSent();
    try {
      await this.#deps.chain.send(sent.bytes, signal);
    } catch (error) {
      // It may have been passed on all the same: what became of it is looked up.
      if (!signal.aborted)
        this.#deps.log.debug('nobody took a transaction', { signature: sent.signature, error });
    }
  }

  #sign(options: {
    readonly record: Ordered;
    readonly rent: number;
    readonly found: ChainAccount | undefined;
    readonly blockhash: string;
    readonly lastValidBlockHeight: number;
  }): SentTransaction {
    const { record, rent, found, blockhash, lastValidBlockHeight } = options;
    const { keypair } = this.#deps.wallet;
    const { address, order, sessionId } = record;
    const message = new TransactionMessage({
      payerKey: keypair.publicKey,
      recentBlockhash: blockhash,
      instructions: creationInstructions(this.#config, {
        payer: keypair.publicKey,
        address,
        sessionId,
        order,
        rent,
        found,
      }),
    });
    const transaction = new VersionedTransaction(message.compileToLegacyMessage());
    transaction.sign([keypair]);
    return {
      signature: encode(transaction.signatures[0] as Uint8Array),
      lastValidBlockHeight,
      bytes: Buffer.from(transaction.serialize()).toString('base64'),
    };
  }
}

function rejected(record: SessionRecord, reason: string): StepOutcome {
  return {
    kind: 'finished',
    finished: { record: { ...record, state: 'rejected', reason }, result: 'rejected' },
  };
}

/** The transaction can have no effect any more: the next attempt makes another one. */
function failed(record: SessionRecord, reason: string): StepOutcome {
  return { kind: 'failed', record: { ...record, state: 'queued', sent: undefined }, reason };
}
