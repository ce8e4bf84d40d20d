import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Keypair,
  PublicKey,
  type TransactionInstruction,
  TransactionMessage,
  VersionedTransaction,
} from '@solana/web3.js';
import { systemClock } from '../../../src/clock/system-clock.ts';
import { type SessionsConfig, sessionsSection } from '../../../src/config/sections/sessions.ts';
import {
  type DecodedTransaction,
  decodeTransaction,
} from '../../../src/devnet/solana/bank/decode-transaction.ts';
import { eventProgramId } from '../../../src/devnet/solana/event-program/event-program.ts';
import { SolanaNode } from '../../../src/devnet/solana/node/solana-node.ts';
import { devnetKeypair } from '../../../src/devnet/solana/well-known.ts';
import { ProcessSystem } from '../../../src/otp/process-system.ts';
import { startSupervisor } from '../../../src/otp/supervisor.ts';
import { supervisorSpec } from '../../../src/otp/supervisor-spec.ts';
import { anchorDiscriminator } from '../../../src/pipelines/parsers/anchor/discriminator-table.ts';
import { pipelineChild } from '../../../src/pipelines/runtime/pipeline-process.ts';
import { PipelineRuntime } from '../../../src/pipelines/runtime/pipeline-runtime.ts';
import { memoryState, type StateStore } from '../../../src/pipelines/state/state-store.ts';
import { SessionBuilder } from '../../../src/sessions/session-builder.ts';
import { sessionBuilderChild } from '../../../src/sessions/session-builder-process.ts';
import { sessionPipeline } from '../../../src/sessions/session-pipeline.ts';
import { GeyserSource, geyserSourceChildren } from '../../../src/sources/geyser/geyser-source.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { silentMetrics } from '../../../src/telemetry/metrics.ts';
import type { Cleanup } from '../../support/devnet.ts';
import { eventually } from '../../support/eventually.ts';
import { callsTo } from '../sources/node-calls.ts';

/** The key that pays. */
export const payer: Keypair = devnetKeypair(0);
/** Somebody else. */
export const stranger: Keypair = devnetKeypair(1);

/** An embedded chain, with JSON-RPC and Geyser on real ports. */
export async function startChain(
  cleanup: Cleanup,
): Promise<{ readonly node: SolanaNode; readonly ports: Ports }> {
  const node = new SolanaNode(
    {
      chain: 'sessions',
      port: 0,
      geyserPort: 0,
      geyserToken: 'secret',
      blockTimeMs: 60,
      accounts: 3,
      balance: 10_000,
      confirmAfter: 1,
      finalizeAfter: 8,
      forkEvery: 0,
    },
    { clock: systemClock, log: silentLog },
  );
  const ports = await node.start();
  cleanup.after(() => node.stop());
  return { node, ports };
}

/** Where a chain listens. */
export interface Ports {
  readonly port: number;
  readonly geyserPort: number;
}

/** A session builder, fed from the chain's stream by its pipeline, all of it supervised. */
export interface SessionService {
  readonly builder: SessionBuilder;
  readonly config: SessionsConfig;
  stop(): Promise<void>;
}

/** Starts one; with the `state` of an earlier one it goes on from there. */
export async function startService(
  cleanup: Cleanup,
  ports: Ports,
  options: {
    readonly config?: Partial<Record<keyof SessionsConfig, unknown>>;
    readonly keypair?: Keypair;
    readonly state?: StateStore;
    /** Where the keypair's file is put. @default one of its own */
    readonly directory?: string;
  } = {},
): Promise<SessionService> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'sessions-'));
  const path = join(directory, 'id.json');
  writeFileSync(path, JSON.stringify([...(options.keypair ?? payer).secretKey]), { mode: 0o600 });
  const config = sessionsSection.parse({
    chain: 'test',
    program: eventProgramId.toBase58(),
    keypair: path,
    ...options.config,
  });
  const system = new ProcessSystem({ clock: systemClock });
  const stop = () => system.stop();
  cleanup.after(async () => {
    await stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const state = options.state ?? memoryState({ maxBytes: 2 ** 26 });
  const { commitment } = config;
  const deps = { clock: systemClock, log: silentLog, metrics: silentMetrics, random: Math.random };
  const calls = callsTo(ports.port);
  const runtime = new PipelineRuntime(
    { chain: 'test', source: 'geyser', commitment },
    { ...deps, state: state.within('pipelines/') },
  );
  const builder = new SessionBuilder(
    { config, isEmbedded: false },
    {
      ...deps,
      calls,
      state: state.within('sessions/'),
      stream: () => runtime.get('sessions').status(),
    },
  );
  const pipeline = runtime.add(sessionPipeline(config, builder));
  const source = new GeyserSource(
    {
      chain: 'test',
      commitment,
      endpoints: [{ id: 'node', url: `http://127.0.0.1:${ports.geyserPort}`, token: 'secret' }],
      reconnectMinMs: 20,
      reconnectMaxMs: 100,
    },
    { ...deps, listener: runtime, calls },
  );
  runtime.connect(source);
  await startSupervisor(
    system,
    supervisorSpec({
      id: 'top',
      strategy: 'one_for_one',
      intensity: 100,
      periodMs: 1_000,
      children: [sessionBuilderChild(builder), pipelineChild(pipeline), ...geyserSourceChildren(source)],
    }),
  );
  await eventually(() => source.state().status === 'streaming' && source.state().settled > 0, 'a stream');
  return { builder, config, stop };
}

/** Has the chain carry out instructions, signed by `stranger`. */
export function submit(node: SolanaNode, ...instructions: TransactionInstruction[]): void {
  const message = new TransactionMessage({
    payerKey: stranger.publicKey,
    recentBlockhash: node.bank.blockAt('processed').blockhash,
    instructions,
  });
  const transaction = new VersionedTransaction(message.compileToLegacyMessage());
  transaction.sign([stranger]);
  const submitted = node.bank.submit(decodeTransaction(transaction.serialize()) as DecodedTransaction);
  if (submitted.kind !== 'executed') throw new Error(`refused: ${JSON.stringify(submitted)}`);
}

/** The bytes of an announcement as the program logs it; keys are base58. */
export function computedBytes(event: {
  readonly address: string;
  readonly size: bigint;
  readonly accountOwner: string;
  readonly sessionId: string;
  readonly owner: string;
}): Buffer {
  const key = (name: string) => new PublicKey(name).toBuffer();
  return Buffer.concat([
    anchorDiscriminator('event', 'PDAComputedEvent'),
    key(event.address),
    u64(event.size),
    key(event.accountOwner),
    text(event.sessionId),
    key(event.owner),
    key(event.owner),
    key(event.owner),
    Buffer.alloc(4),
    u64(1n),
  ]);
}

export function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

function text(value: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(Buffer.byteLength(value));
  return Buffer.concat([length, Buffer.from(value)]);
}
