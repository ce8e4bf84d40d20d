import type {
  BlockGap,
  CanonicalBlock,
  CanonicalSink,
  FinalityTag,
  GatheredLog,
  Reorganization,
} from '../../aggregation/canonical/canonical-sink.ts';
import type { Head } from '../../chains/chain-family.ts';
import type { Log } from '../../telemetry/log.ts';
import type { CounterCell, MetricRegistry } from '../../telemetry/metrics.ts';
import {
  type EventKind,
  eventKinds,
  type GapData,
  type NewEvent,
  type ReorgData,
} from '../events/feed-event.ts';
import { blockKey, blockRange, encodeBlock, type IndexedBlock } from './block-index.ts';
import type { IndexChange } from './event-index.ts';
import type { EventLog } from './event-log.ts';
import { eventLogMetrics } from './metrics.ts';
import { RecentBlocks } from './recent-blocks.ts';
import { asRemoved } from './removed-log.ts';

export interface ChainJournalOptions {
  /** The chain's name. */
  readonly chain: string;
}

export interface ChainJournalDependencies {
  readonly eventLog: EventLog;
  readonly log: Log;
  readonly metrics: MetricRegistry;
}

/** What a journal wrote. */
export interface JournalFigures {
  readonly blocks: number;
  readonly reorgs: number;
  readonly gaps: number;
  /** Number of the block. */
  readonly safe: number | undefined;
  readonly finalized: number | undefined;
}

type Figures = { -readonly [Name in keyof JournalFigures]: JournalFigures[Name] };

/** Events of one block that are read back at once. */
const readLimits = { maxEvents: 2_000, maxBytes: 4 * 1024 * 1024 };
/** Blocks of a chain that began anew that leave the index at once. */
const purgePage = 1_000;

/** Writes a chain's canonical events into the log, each block with the record of where it is. */
export class ChainJournal implements CanonicalSink {
  readonly #chain: string;
  readonly #eventLog: EventLog;
  readonly #log: Log;
  readonly #shedCell: CounterCell;
  readonly #blocks: RecentBlocks;
  /** The call that runs; a follower that was killed may have left one. */
  #running: Promise<void> = Promise.resolve();
  #isRestored = false;
  #shed = 0;
  /** Marks that wait to be told. */
  readonly #finality = new Map<FinalityTag, Buffer>();
  /** The hash of each mark's block. */
  readonly #marks = new Map<FinalityTag, string>();
  readonly #figures = { blocks: 0, reorgs: 0, gaps: 0, safe: undefined, finalized: undefined } as Figures;

  constructor({ chain }: ChainJournalOptions, { eventLog, log, metrics }: ChainJournalDependencies) {
    this.#chain = chain;
    this.#eventLog = eventLog;
    this.#log = log;
    this.#shedCell = metrics.counter(eventLogMetrics.shed, { chain });
    this.#blocks = new RecentBlocks(chain);
  }

  get recent(): readonly Head[] {
    return this.#blocks.heads;
  }

  /** What was written since the start of this process. */
  get figures(): JournalFigures {
    return this.#figures;
  }

  open(): Promise<void> {
    return this.#next(async () => {
      await this.#eventLog.open();
      if (this.#isRestored) return;
      const isKnown = await this.#blocks.restore(this.#eventLog.index);
      this.#isRestored = true;
      if (isKnown) return;
      const message = 'blocks may be missing: the record of the newest one is damaged';
      this.#log.error(message, { chain: this.#chain });
      this.#eventLog.append([this.#gap({ reason: 'outage', message })]);
    });
  }

  adopt({ head, header, logs }: CanonicalBlock): Promise<void> {
    return this.#next(async () => {
      // A follower that did not live to see its call end repeats it by way of the one after it.
      if (this.#blocks.has(head.hash)) return;
      const events = [this.#event(eventKinds.head, 'heads', header)];
      for (const log of logs) events.push(this.#logEvent(log));
      const outdated = await this.#outdated();
      await this.#append(events, offset => {
        const block = { head, offset, logs: logs.length };
        this.#blocks.add(block);
        this.#figures.blocks++;
        return [...outdated, { key: blockKey(this.#chain, head.number), value: encodeBlock(block) }];
      });
    });
  }

  reorganize({ ancestor, orphaned, adopted }: Reorganization): Promise<void> {
    return this.#next(async () => {
      const data: ReorgData = {
        depth: orphaned.length,
        ancestor: nameOf(ancestor),
        orphaned: orphaned.map(nameOf),
        adopted: adopted.map(nameOf),
      };
      const events = [this.#json(eventKinds.reorg, 'reorgs', data)];
      for (const block of await this.#blocks.above(ancestor.number, this.#eventLog.index)) {
        const logs = await this.#logsOf(block);
        if (logs.length < block.logs) events.push(this.#lostLogs(block, block.logs - logs.length));
        for (const log of logs.reverse()) events.push(log);
      }
      await this.#append(events, () => [this.#blocks.truncate(ancestor.number)]);
      this.#figures.reorgs++;
    });
  }

  skip(gap: BlockGap): Promise<void> {
    return this.#next(async () => {
      const { reason, fromBlock, toBlock } = gap;
      const isReset = reason === 'chain_reset';
      // How far back the chain is another one is not known after a reset, so that no range would be true.
      const data: GapData = isReset
        ? {
            reason,
            message:
              'the chain is another one than before, or changed deeper than is followed: what was told of it is void',
          }
        : {
            ...gap,
            message: `blocks ${fromBlock} to ${toBlock} are missing: too many came while nobody could look`,
          };
      if (isReset) {
        const [from, to] = blockRange(this.#chain);
        const oldest = this.recent[0]?.number;
        // Those that a restart would go on from leave together with the event.
        const until = oldest === undefined ? to : blockKey(this.#chain, oldest);
        while ((await this.#eventLog.index.removeRange(from, until, purgePage)) === purgePage);
      }
      await this.#append([this.#gap(data)], () => (isReset ? [this.#blocks.truncate(-1)] : []));
    });
  }

  finality(tag: FinalityTag, { number, hash }: Pick<Head, 'number' | 'hash'>): void {
    // A new follower learns it anew.
    if (this.#marks.get(tag) === hash) return;
    this.#marks.set(tag, hash);
    this.#figures[tag] = number;
    const isWaiting = this.#finality.size > 0;
    this.#finality.set(tag, Buffer.from(JSON.stringify({ tag, number, hash })));
    if (!isWaiting) void this.#tellFinality();
  }

  pending(hash: Buffer): void {
    if (!this.#eventLog.isOpen) return;
    if (!this.#eventLog.isPressed && this.#shed === 0) {
      this.#eventLog.append([this.#event(eventKinds.pending, 'pending', hash)]);
      return;
    }
    this.#shedCell.inc();
    if (this.#shed++ === 0) void this.#tellShed();
  }

  /** Runs `call` behind the one before it, and waits for room when it has ended. */
  #next(call: () => Promise<void>): Promise<void> {
    const done = this.#running.then(async () => {
      await call();
      await this.#eventLog.whenRoom();
    });
    this.#running = done.catch(() => {});
    return done;
  }

  /** Appends once there is room; `changes` is asked for the index changes with the offset of the first event. */
  async #append(events: readonly NewEvent[], changes: (offset: number) => IndexChange[]): Promise<void> {
    // Others may have taken the room by the time that this goes on.
    while (!this.#eventLog.hasRoom) await this.#eventLog.whenRoom();
    this.#eventLog.append(events, changes(this.#eventLog.nextOffset));
  }

  async #outdated(): Promise<IndexChange[]> {
    try {
      return await this.#blocks.outdated(this.#eventLog.index, this.#eventLog.earliest);
    } catch {
      // They are looked for again some blocks later.
      return [];
    }
  }

  /** The log events of a block as they are taken back, in their order; those that are not kept any more are missing. */
  async #logsOf({ offset, logs }: IndexedBlock): Promise<NewEvent[]> {
    const end = offset + logs;
    const removed: NewEvent[] = [];
    await this.#eventLog.whenCommitted(end);
    for (let at = Math.max(offset + 1, this.#eventLog.earliest); at <= end; ) {
      const limits = { ...readLimits, maxEvents: Math.min(readLimits.maxEvents, end + 1 - at) };
      const events = await this.#eventLog.read(at, limits).catch(expired);
      // Removed meanwhile, as far as the history says it begins now.
      if (events === undefined) at = Math.max(at + 1, this.#eventLog.earliest);
      for (const { kind, chain, topic, data, offset: place } of events ?? []) {
        const taken = asRemoved(data);
        if (taken !== undefined) removed.push({ kind, chain, topic, data: taken });
        at = place + 1;
      }
    }
    return removed;
  }

  /** Tells the newest marks, once there is room. */
  async #tellFinality(): Promise<void> {
    await this.#eventLog.whenRoom();
    while (!this.#eventLog.hasRoom) await this.#eventLog.whenRoom();
    const marks = [...this.#finality.values()];
    this.#finality.clear();
    if (!this.#eventLog.isOpen) return;
    this.#eventLog.append(marks.map(data => this.#event(eventKinds.finality, 'finality', data)));
  }

  /** Tells how many transactions were left out, once there is no need to leave out more. */
  async #tellShed(): Promise<void> {
    while (this.#eventLog.isPressed) await this.#eventLog.whenCalm();
    const count = this.#shed;
    this.#shed = 0;
    if (!this.#eventLog.isOpen) return;
    const message = `${count} waiting transactions were left out: too many events waited to be stored`;
    this.#eventLog.append([this.#gap({ reason: 'shed', count, message })]);
  }

  #lostLogs({ head }: IndexedBlock, count: number): NewEvent {
    this.#log.warn('logs of an orphaned block are not in the event log any more', {
      block: head.number,
      count,
    });
    return this.#gap({
      reason: 'outage',
      fromBlock: head.number,
      toBlock: head.number,
      count,
      message: `block ${head.number} (${head.hash}) was orphaned, but its logs are not kept any more: take them back yourself`,
    });
  }

  #logEvent({ address, topic0, bytes }: GatheredLog): NewEvent {
    return this.#event(eventKinds.log, `logs.${address}.${topic0 ?? 'none'}`, bytes);
  }

  #gap(data: GapData): NewEvent {
    this.#figures.gaps++;
    return this.#json(eventKinds.gap, 'gaps', data);
  }

  #json(kind: EventKind, topic: string, data: object): NewEvent {
    return this.#event(kind, topic, Buffer.from(JSON.stringify(data)));
  }

  #event(kind: EventKind, topic: string, data: Buffer): NewEvent {
    return { kind, chain: this.#chain, topic: `${this.#chain}.${topic}`, data };
  }
}

function expired(error: unknown): undefined {
  if ((error as { readonly code?: string }).code !== 'events_expired') throw error;
}

const nameOf = ({ number, hash }: Head): { number: number; hash: string } => ({ number, hash });
