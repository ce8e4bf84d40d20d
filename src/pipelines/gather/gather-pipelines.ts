import type { Commitment } from '../../chains/solana/commitment.ts';
import type { SlotData } from '../../feed/events/feed-event.ts';
import type { EventLog } from '../../feed/log/event-log.ts';
import type { UpdateSource } from '../../sources/source.ts';
import { pipeline } from '../define-pipeline.ts';
import { FeedHandler } from '../feed/feed-handler.ts';
import { SlotTeller } from '../feed/slot-teller.ts';
import type { Parser } from '../pipeline.ts';
import type { PipelineDefinition } from '../pipeline-options.ts';
import type { GatherSubject, WantedSubject } from './gather-demand.ts';
import { gatheredEvent } from './gathered-event.ts';
import { accountGatherer, programGatherer } from './gathered-values.ts';

/** What the built-in pipelines of a chain have in common. */
export interface GatherLine {
  readonly chain: string;
  readonly source: UpdateSource['name'];
  readonly commitment: Commitment;
  readonly eventLog: EventLog;
  /** The checkpoint of a pipeline as it is stored. */
  readonly savedCheckpoint: (pipeline: string) => number | undefined;
  /** Hears of each slot that the feed tells as confirmed, and at which offset: at the start of the last one of an earlier run. */
  readonly onSlotTold: (slot: number, offset: number) => void;
  /** Hears of the slot and the offset of each event that is appended to the feed for a subject. */
  readonly onAppended: (slot: number, offset: number) => void;
}

/** The feed takes its events in the end: nothing is given up for a log that is slow. */
const patiently = { attempts: 1_000_000 };

/** The name of the pipeline that puts a chain's slots into the feed. */
export const slotsPipelineId = (chain: string): string => `feed.${chain}.slots`;

/** The name of the pipeline that puts what a subject does into the feed. */
export const subjectPipelineId = (chain: string, { kind, key }: GatherSubject): string =>
  `feed.${chain}.${kind}.${key}`;

/** The pipeline that puts the chain's slots into the feed. */
export function slotsPipeline(line: GatherLine): PipelineDefinition {
  const { chain, source, commitment, eventLog, onSlotTold } = line;
  return pipeline({
    id: slotsPipelineId(chain),
    chain,
    source,
    commitment,
    filter: { kind: 'slot' },
    parser: slotReader,
    handlers: [new SlotTeller(chain, { eventLog, onTold: onSlotTold })],
    retry: patiently,
  });
}

/** The pipeline that puts what a program does, or what is written to an account, into the feed. */
export function subjectPipeline(line: GatherLine, subject: WantedSubject): PipelineDefinition {
  const { kind, key, startAfter } = subject;
  const { chain, commitment } = line;
  const isProgram = kind === 'program';
  return gatherPipeline(line, subjectPipelineId(chain, subject), {
    startAfter,
    filter: isProgram
      ? { kind: 'transaction', programs: [key], failed: true }
      : { kind: 'account', accounts: [key] },
    parser: isProgram ? programGatherer(key) : accountGatherer,
    topics: isProgram
      ? [`${chain}.logs.${key}`, `${chain}.transactions.${key}`]
      : [`${chain}.accounts.${key}`],
    eventOf: gatheredEvent(chain, commitment),
  });
}

interface GatherParts {
  readonly startAfter: number;
  readonly filter: Parameters<typeof pipeline>[0]['filter'];
  readonly parser: Parser;
  readonly topics: readonly string[];
  readonly eventOf: ConstructorParameters<typeof FeedHandler>[0]['eventOf'];
}

function gatherPipeline(
  { chain, source, commitment, eventLog, savedCheckpoint, onAppended }: GatherLine,
  id: string,
  { startAfter, filter, parser, topics, eventOf }: GatherParts,
): PipelineDefinition {
  const handler = new FeedHandler(
    { id: 'feed', eventOf, gapTopics: topics, onAppended },
    { eventLog, savedCheckpoint: () => savedCheckpoint(id) },
  );
  return pipeline({
    id,
    // One for all: who follows something must not add series.
    metricsLabel: `feed.${chain}`,
    chain,
    source,
    commitment,
    startAfter,
    filter,
    parser,
    handlers: [handler],
    retry: patiently,
    // One batch after another: what waits meanwhile goes with the next.
    concurrency: 1,
  });
}

const slotReader: Parser<SlotData> = {
  id: 'slot',
  parse(input) {
    if (input.kind !== 'slot') return { kind: 'filtered' };
    const { slot, parent = null, status } = input;
    return { kind: 'parsed', values: [{ slot, parent, status }] };
  },
};
