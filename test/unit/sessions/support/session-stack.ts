import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Keypair, SystemProgram } from '@solana/web3.js';
import { encode } from '../../../../src/chains/solana/base58.ts';
import { type SessionsConfig, sessionsSection } from '../../../../src/config/sections/sessions.ts';
import { Bank } from '../../../../src/devnet/solana/bank/bank.ts';
import type { BankTransaction } from '../../../../src/devnet/solana/bank/bank-events.ts';
import {
  eventProgramElf,
  eventProgramId,
} from '../../../../src/devnet/solana/event-program/event-program.ts';
import { devnetKeypair } from '../../../../src/devnet/solana/well-known.ts';
import type {
  SessionEvent,
  SessionEventData,
  SessionEventName,
} from '../../../../src/pipelines/parsers/session-events.ts';
import type { PipelineItem } from '../../../../src/pipelines/pipeline.ts';
import { memoryState, type StateStore } from '../../../../src/pipelines/state/state-store.ts';
import { seedAddress, seedOf } from '../../../../src/sessions/seed-address.ts';
import { SessionBuilder, type SessionBuilderDependencies } from '../../../../src/sessions/session-builder.ts';
import type { SessionStream } from '../../../../src/sessions/session-status.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { silentMetrics } from '../../../../src/telemetry/metrics.ts';
import type { Cleanup } from '../../../support/devnet.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { BankCalls } from './bank-calls.ts';

/** The key that pays in tests. */
export const payer: Keypair = devnetKeypair(0);

/** A program that is to own accounts; nothing is deployed there. */
export const sessionProgram = Keypair.fromSeed(Uint8Array.from({ length: 32 }, () => 7)).publicKey.toBase58();

export interface SessionStackOptions {
  readonly config?: Partial<Record<keyof SessionsConfig, unknown>>;
  /** The key in the file. @default `payer`, which has lamports */
  readonly keypair?: Keypair;
  readonly isEmbedded?: boolean;
  readonly maxDone?: number;
  readonly stream?: () => SessionStream | undefined;
  readonly deps?: Partial<SessionBuilderDependencies>;
}

/** A bank whose slots are closed by hand, and a session builder on it that can be killed and started anew. */
export class SessionStack {
  readonly clock = new ManualClock();
  readonly bank = new Bank(
    { chain: 'x', accounts: 2, programs: [{ id: eventProgramId, elf: eventProgramElf() }] },
    { clock: this.clock, log: silentLog },
  );
  readonly calls = new BankCalls(this.bank);
  readonly state: StateStore = memoryState({ maxBytes: 2 ** 26 });
  /** Transactions that were carried out and have created something, by address. */
  readonly created: string[] = [];
  readonly config: SessionsConfig;
  readonly #options: SessionStackOptions;
  builder: SessionBuilder;

  constructor(cleanup: Cleanup, options: SessionStackOptions = {}) {
    const directory = mkdtempSync(join(tmpdir(), 'sessions-'));
    cleanup.after(() => {
      void this.builder.stop();
      rmSync(directory, { recursive: true });
    });
    const keypair = join(directory, 'id.json');
    writeFileSync(keypair, JSON.stringify([...(options.keypair ?? payer).secretKey]), { mode: 0o600 });
    this.config = sessionsSection.parse({
      chain: 'x',
      program: eventProgramId.toBase58(),
      keypair,
      ...options.config,
    });
    this.#options = options;
    this.bank.listen({ onTransaction: transaction => this.#note(transaction) });
    for (let slot = 0; slot < 3; slot++) this.bank.closeSlot();
    this.builder = this.newBuilder();
  }

  /** Another builder over the same state and chain, as after a restart. */
  newBuilder(deps: Partial<SessionBuilderDependencies> = {}): SessionBuilder {
    const { isEmbedded = false, maxDone, stream } = this.#options;
    this.builder = new SessionBuilder(
      { config: this.config, isEmbedded, ...(maxDone === undefined ? {} : { maxDone }) },
      {
        calls: this.calls,
        state: this.state,
        clock: this.clock,
        log: silentLog,
        metrics: silentMetrics,
        random: () => 0.5,
        ...(stream === undefined ? {} : { stream }),
        ...this.#options.deps,
        ...deps,
      },
    );
    return this.builder;
  }

  /** Lets time and slots go by until something is so. */
  async until(check: () => unknown, what: string, maxSteps = 2_000): Promise<void> {
    for (let step = 0; step < maxSteps; step++) {
      if (await check()) return;
      await this.pass(1);
    }
    throw new Error(`it never came to this: ${what}`);
  }

  /** Slots of 250 ms go by. */
  async pass(slots: number): Promise<void> {
    for (let slot = 0; slot < slots; slot++) {
      await this.clock.advanceAndSettle(250);
      this.bank.closeSlot();
    }
  }

  /** Everything in the queue is dealt with. */
  drained(): Promise<void> {
    return this.until(() => this.builder.stats().queue_size === 0, 'an empty queue');
  }

  accept(...items: readonly PipelineItem<SessionEvent>[]): Promise<void> {
    return this.builder.accept(items, new AbortController().signal);
  }

  /** The newest that were dealt with. */
  async done(): Promise<readonly (readonly [state: string, reason: string])[]> {
    const { done } = await this.builder.status({ limit: 100 });
    return done.map(({ state, reason }) => [state, reason] as const);
  }

  #note({ writes, isFailed }: BankTransaction): void {
    if (isFailed) return;
    for (const { pubkey, owner } of writes)
      if (encode(owner) !== SystemProgram.programId.toBase58()) this.created.push(encode(pubkey));
  }
}

const noSession = encode(new Uint8Array(32).fill(9));

/** An announcement of an account whose address `payer` derives, unless told otherwise. */
export function computed(
  sessionId: string,
  data: Partial<SessionEventData<'PDAComputedEvent'>> = {},
  base = payer.publicKey.toBase58(),
): PipelineItem<SessionEvent> {
  const expected_owner = data.expected_owner ?? sessionProgram;
  return eventItem('PDAComputedEvent', sessionId, {
    expected_pda: seedAddress(base, seedOf('{session_id}', sessionId), expected_owner),
    expected_size: 64n,
    expected_owner,
    session_id: sessionId,
    owner: noSession,
    eval_program: noSession,
    shard_address: noSession,
    namespaces: [],
    compute_slot: 1n,
    ...data,
  });
}

/** An event on its way to the handlers; `key` tells it from others. */
export function eventItem<Name extends SessionEventName>(
  name: Name,
  key: string,
  data: SessionEventData<Name>,
): PipelineItem<SessionEvent> {
  return {
    pipeline: 'sessions',
    value: {
      type: 'event',
      program: eventProgramId.toBase58(),
      name,
      data,
      trailingBytes: 0,
    } as SessionEvent,
    origin: {
      chain: 'x',
      slot: 1,
      signature: key,
      path: '0',
      ordinal: 0,
      key: `1:${key}:0:0`,
      isRemoved: false,
    },
  };
}
