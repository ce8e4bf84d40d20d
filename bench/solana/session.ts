import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Keypair, PublicKey } from '@solana/web3.js';
import { eventProgramId } from '../../src/devnet/solana/event-program/event-program.ts';
import { ChildProcesses } from '../harness/child-processes.ts';
import { cpuMicroseconds } from '../harness/cpu-time.ts';
import { now } from '../harness/now.ts';
import { quantile } from '../harness/statistics.ts';
import { formatTable } from '../harness/table.ts';
import { waitFor } from '../harness/wait-for.ts';
import { EventSender } from './event-sender.ts';
import { SlotListener } from './slot-listener.ts';
import { benchChain, SolanaTrunkline } from './solana-trunkline.ts';

/** Options of the sessions. */
export interface SessionOptions {
  /** How long events are sent. @default 15 */
  readonly seconds?: number;
}

/** Milliseconds. */
export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
}

/** One way in which the chain and the builder are set. */
export interface SessionResult {
  readonly name: string;
  readonly perSecond: number;
  readonly events: number;
  readonly created: number;
  readonly failed: number;
  /** From the call that sends the event's transaction to the account that is verified. */
  readonly fromSending: Quantiles;
  /** From the end of the block that has the event. */
  readonly fromBlock: Quantiles;
  /** From the event's arrival at the builder, which is when its slot is confirmed. */
  readonly fromArrival: Quantiles;
  /** Accounts a second between the first and the last that was verified. */
  readonly createdPerSecond: number;
  /** Of Trunkline and the chain in it, from the first event to the last account. */
  readonly cpuMillisecondsPerAccount: number;
}

interface Setting {
  readonly name: string;
  readonly blockTime: string;
  readonly atOnce: number;
  readonly perSecond: number;
}

interface Entry {
  readonly sessionId: string;
  readonly state: string;
  readonly slot: number;
  readonly arrivedAt: number;
  readonly finishedAt?: number;
}

interface SessionsAnswer {
  readonly status: { readonly queue_size: number; readonly done: readonly Entry[] };
}

const settings: readonly Setting[] = [
  { name: 'blocks of 400 ms, 100 at once', blockTime: '400ms', atOnce: 100, perSecond: 50 },
  { name: 'blocks of 100 ms, 100 at once', blockTime: '100ms', atOnce: 100, perSecond: 50 },
  { name: 'blocks of 400 ms, 10 at once (default)', blockTime: '400ms', atOnce: 10, perSecond: 50 },
];
/** What the admin API lists at most. */
const mostListed = 1_000;
const settleMs = 120_000;

/** From an event to the account that it announces, created and verified, on the embedded chain. */
export async function session({ seconds = 15 }: SessionOptions = {}): Promise<readonly SessionResult[]> {
  const results: SessionResult[] = [];
  for (const setting of settings) results.push(await measure(setting, seconds));
  const between = ({ p50, p99 }: Quantiles) => [Math.round(p50), Math.round(p99)];
  const head = [
    'setting',
    'events/s',
    'created',
    'failed',
    'sent: p50 ms',
    'p99',
    'block: p50',
    'p99',
    'arrival: p50',
    'p99',
    'accounts/s',
    'CPU ms each',
  ];
  const rows = results.map(result => [
    result.name,
    result.perSecond,
    `${result.created} of ${result.events}`,
    result.failed,
    ...between(result.fromSending),
    ...between(result.fromBlock),
    ...between(result.fromArrival),
    result.createdPerSecond.toFixed(1),
    result.cpuMillisecondsPerAccount.toFixed(1),
  ]);
  console.log(`\n${formatTable(head, rows)}\n`);
  return results;
}

async function measure(setting: Setting, seconds: number): Promise<SessionResult> {
  const { name, blockTime, atOnce, perSecond } = setting;
  await using children = new ChildProcesses();
  const keypair = join(children.makeFolder(), 'session-builder.json');
  const trunkline = await SolanaTrunkline.start(children, {
    devnet: { block_time: blockTime, confirm_after: 1 },
    chain: { block_time: blockTime },
    sections: {
      sessions: {
        chain: benchChain,
        program: eventProgramId.toBase58(),
        keypair,
        max_concurrent_creations: atOnce,
      },
    },
  });
  const payer = await payerOf(trunkline, keypair);
  const sender = new EventSender(trunkline, 0);
  await untilFunded(sender, payer);
  /** Wall-clock milliseconds, as the builder's own. */
  const sentAt = new Map<string, number>();
  const blockAt = new Map<number, number>();
  using _slots = await SlotListener.open(trunkline.wsUrl, slot => void blockAt.set(slot, Date.now()));
  const events = Math.min(mostListed, Math.round(perSecond * seconds));
  const sendings: Promise<unknown>[] = [];
  const cpuBefore = cpuMicroseconds(trunkline.child.pid);
  const startedAt = now();
  for (let at = 0; at < events; at++) {
    await delay(Math.max(0, startedAt + (at * 1_000) / perSecond - now()));
    const sessionId = `bench-${at}`;
    const address = await PublicKey.createWithSeed(payer, sessionId, eventProgramId);
    sentAt.set(sessionId, Date.now());
    sendings.push(sender.send({ sessionId, address, size: 128n, accountOwner: eventProgramId }));
  }
  await Promise.all(sendings);
  let done: readonly Entry[] = [];
  for (const end = now() + settleMs; now() < end; await delay(250)) {
    const { status } = await trunkline.admin<SessionsAnswer>('sessions', { limit: mostListed });
    done = status.done;
    if (done.length >= events) break;
  }
  const cpu = cpuMicroseconds(trunkline.child.pid) - cpuBefore;
  const created = done.filter(({ state, finishedAt }) => state === 'done' && finishedAt !== undefined);
  const quantilesOf = (from: (entry: Entry) => number | undefined): Quantiles => {
    const times = created.flatMap(entry => {
      const begin = from(entry);
      return begin === undefined ? [] : [entry.finishedAt! - begin];
    });
    return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
  };
  const ends = created.map(({ finishedAt }) => finishedAt!);
  const result: SessionResult = {
    name,
    perSecond,
    events,
    created: created.length,
    failed: done.length - created.length,
    fromSending: quantilesOf(({ sessionId }) => sentAt.get(sessionId)),
    fromBlock: quantilesOf(({ slot }) => blockAt.get(slot)),
    fromArrival: quantilesOf(({ arrivedAt }) => arrivedAt),
    createdPerSecond: (1_000 * (ends.length - 1)) / (Math.max(...ends) - Math.min(...ends)),
    cpuMillisecondsPerAccount: cpu / 1_000 / created.length,
  };
  console.log(
    `  ${name}: ${created.length} of ${events} created, p50 ${Math.round(result.fromSending.p50)} ms, p99 ${Math.round(result.fromSending.p99)} ms from sending`,
  );
  if (created.length < events) console.log(trunkline.child.output.slice(-4_000));
  return result;
}

/** The builder makes its key when it starts. */
async function payerOf({ child }: SolanaTrunkline, path: string): Promise<PublicKey> {
  await waitFor(child, () => readFile(path).then(text => text.length > 0));
  const bytes = JSON.parse(await readFile(path, 'utf8')) as readonly number[];
  return Keypair.fromSecretKey(Uint8Array.from(bytes)).publicKey;
}

async function untilFunded({ connection }: EventSender, payer: PublicKey): Promise<void> {
  for (const end = now() + 20_000; now() < end; await delay(100))
    if ((await connection.getBalance(payer)) > 0) return;
  throw new Error('the key of the session builder was not funded');
}
