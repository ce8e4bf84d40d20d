import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SystemProgram } from '@solana/web3.js';
import { eventProgramId } from '../../src/devnet/solana/event-program/event-program.ts';
import { ChildProcesses } from '../harness/child-processes.ts';
import { now } from '../harness/now.ts';
import { formatTable } from '../harness/table.ts';
import { EventSender } from './event-sender.ts';
import { FeedReader } from './feed-reader.ts';
import { SlotListener } from './slot-listener.ts';
import { benchChain, SolanaTrunkline } from './solana-trunkline.ts';

/** Options of the recovery. */
export interface RecoveryOptions {
  /** Length of the run. @default 1 */
  readonly minutes?: number;
}

/** What one reader of the events made of the run. */
export interface RecoveryReader {
  readonly name: string;
  readonly events: number;
  readonly lost: number;
  readonly repeated: number;
  /** Events that came behind one of a later slot. */
  readonly disordered: number;
  readonly complaints: readonly string[];
}

/** How the run went. */
export interface RecoveryResult {
  readonly isGood: boolean;
  readonly minutes: number;
  readonly blocks: number;
  readonly blocksWithoutEvent: number;
  readonly events: number;
  readonly kills: number;
  /** Streams that were opened, by the metric of the source. */
  readonly connects: number;
  readonly gaps: number;
  readonly readers: readonly RecoveryReader[];
}

/** One event as a reader saw it. */
interface Seen {
  readonly slot: number;
  readonly signature: string;
}

const killMs = 2_000;
const settleMs = 30_000;
const program = eventProgramId.toBase58();
const pipelineName = 'recovery';
const printHandler = fileURLToPath(new URL('../processes/print-handler.ts', import.meta.url));
const providers = 3;

/** An event in every block while the Geyser streams are cut every two seconds: each must come once, by pipeline and by feed. */
export async function recovery({ minutes = 1 }: RecoveryOptions = {}): Promise<RecoveryResult> {
  await using children = new ChildProcesses();
  const handled: Seen[] = [];
  const fed: Seen[] = [];
  const complaints: string[] = [];
  const trunkline = await SolanaTrunkline.start(children, {
    devnet: { block_time: '400ms' },
    sections: {
      pipelines: {
        [pipelineName]: {
          chain: benchChain,
          kind: 'instruction',
          filter: { programs: [program] },
          parser: { type: 'session_events', program },
          handlers: [{ type: 'module', path: printHandler }, { type: 'feed' }],
        },
      },
    },
    onLog: line => {
      if (line.startsWith('handled ')) handled.push(seenIn(line));
      else if (line.includes(`pipeline ${pipelineName}: `) && !line.includes(' → ')) complaints.push(line);
    },
  });
  using feed = await FeedReader.open(trunkline.feedUrl, [`${benchChain}.events.${program}.>`], event =>
    fed.push(event),
  );
  const sender = new EventSender(trunkline, 0);
  const sent: Promise<string>[] = [];
  let isSending = true;
  using _slots = await SlotListener.open(trunkline.wsUrl, () => {
    if (!isSending) return;
    const announcement = {
      sessionId: `recovery-${sent.length}`,
      address: SystemProgram.programId,
      size: 0n,
      accountOwner: SystemProgram.programId,
    };
    sent.push(sender.send(announcement).catch((error: Error) => `not sent: ${error.message}`));
  });
  const startedAt = now();
  const first = await sender.connection.getSlot('confirmed');
  let kills = 0;
  while (now() - startedAt < minutes * 60_000) {
    await delay(Math.max(0, startedAt + (kills + 1) * killMs - now()));
    kills++;
    await Promise.all(
      Array.from({ length: providers }, (_, at) =>
        trunkline.admin('devnet/fault', {
          chain: benchChain,
          provider: `node-${at + 1}`,
          kind: 'drop-grpc',
          options: { once: true },
        }),
      ),
    );
  }
  isSending = false;
  const signatures = await Promise.all(sent);
  const unsent = signatures.filter(signature => signature.startsWith('not sent'));
  const expected = new Set(signatures.filter(signature => !signature.startsWith('not sent')));
  for (const end = now() + settleMs; now() < end; await delay(200))
    if (handled.length >= expected.size && fed.length >= expected.size) break;
  const chain = await blocksSince(sender, first, expected);
  const readers = [
    judge('pipeline, module handler', handled, complaints, chain.events),
    judge('feed client', fed, feed.complaints, chain.events),
  ];
  const result: RecoveryResult = {
    isGood: readers.every(({ lost, repeated, disordered }) => lost + repeated + disordered === 0),
    minutes,
    blocks: chain.blocks,
    blocksWithoutEvent: chain.without,
    events: chain.events.length,
    kills,
    connects: await trunkline.metric('trunkline_source_connects_total'),
    gaps: await trunkline.metric('trunkline_source_gaps_total'),
    readers,
  };
  print(result, unsent);
  if (!result.isGood) console.log(trunkline.child.output.slice(-4_000));
  return result;
}

/** What is on the chain: the blocks in which our transactions are, in order. */
async function blocksSince(
  { connection }: EventSender,
  first: number,
  expected: ReadonlySet<string>,
): Promise<{ readonly blocks: number; readonly without: number; readonly events: readonly Seen[] }> {
  const slots = await connection.getBlocks(first, undefined, 'confirmed');
  const events: Seen[] = [];
  const perBlock: number[] = [];
  for (const slot of slots) {
    const block = await connection.getBlockSignatures(slot, 'confirmed');
    const own = block.signatures.filter(signature => expected.has(signature));
    perBlock.push(own.length);
    for (const signature of own) events.push({ slot, signature });
  }
  // Before the first event and behind the last one nothing was to be sent.
  const [from, to] = [perBlock.findIndex(count => count > 0), perBlock.findLastIndex(count => count > 0)];
  const span = perBlock.slice(from, to + 1);
  return { blocks: span.length, without: span.filter(count => count === 0).length, events };
}

function seenIn(line: string): Seen {
  const [slot, signature = ''] = line.slice('handled '.length).split(':');
  return { slot: Number(slot), signature };
}

function judge(
  name: string,
  seen: readonly Seen[],
  complaints: readonly string[],
  chain: readonly Seen[],
): RecoveryReader {
  const keyOf = ({ slot, signature }: Seen) => `${slot}:${signature}`;
  const known = new Set(seen.map(keyOf));
  let disordered = 0;
  let highest = 0;
  for (const { slot } of seen) {
    if (slot < highest) disordered++;
    else highest = slot;
  }
  return {
    name,
    events: seen.length,
    lost: chain.filter(event => !known.has(keyOf(event))).length,
    repeated: seen.length - known.size,
    disordered,
    complaints,
  };
}

function print(result: RecoveryResult, unsent: readonly string[]): void {
  const { blocks, blocksWithoutEvent, events, kills, connects, gaps, readers } = result;
  const head = ['reader', 'events', 'lost', 'repeated', 'disordered', 'complaints'];
  const rows = readers.map(reader => [
    reader.name,
    reader.events,
    reader.lost,
    reader.repeated,
    reader.disordered,
    reader.complaints.length,
  ]);
  console.log(`\n${formatTable(head, rows)}\n`);
  console.log(
    `  ${blocks} blocks (${blocksWithoutEvent} without an event), ${events} events, ${kills} kills of all streams, ${connects} streams opened, ${gaps} gaps${result.isGood ? '' : ': NOT GOOD'}`,
  );
  for (const line of [...unsent, ...readers.flatMap(({ complaints }) => complaints)].slice(0, 10))
    console.log(`  ${line}`);
  console.log('');
}
