import type { Commitment } from '../../chains/solana/commitment.ts';
import {
  eventKinds,
  type NewEvent,
  type PipelineEventData,
  type SolanaEventData,
} from '../../feed/events/feed-event.ts';
import { toJson } from '../parsers/to-json.ts';
import type { PipelineItem } from '../pipeline.ts';

export interface ValueEventOptions {
  readonly chain: string;
  readonly commitment: Commitment;
  /** The program in the topic of values that name none themselves. */
  readonly program: string;
}

const nameForm = /^[A-Za-z_]\w{0,127}$/;

/** What the data of an item's event begins with. */
export function eventData({ origin }: PipelineItem, commitment: Commitment): SolanaEventData {
  const { slot, signature = null, isRemoved } = origin;
  return { slot, signature, commitment, ...(isRemoved ? { removed: true as const } : {}) };
}

/**
 * Tells a value as `<chain>.events.<program>.<name>`: of a value of a program's parser as that says, of any other by its own
 * `program` and `name`, where it has them, else by the pipeline's program and name.
 */
export function valueEvent({ chain, commitment, program: fallback }: ValueEventOptions) {
  return (item: PipelineItem): NewEvent => {
    const { pipeline, value, origin } = item;
    const own = (typeof value === 'object' && value !== null ? value : {}) as Readonly<
      Record<string, unknown>
    >;
    const program = typeof own.program === 'string' ? own.program : fallback;
    const name = typeof own.name === 'string' && nameForm.test(own.name) ? own.name : tokenOf(pipeline);
    const data: PipelineEventData = {
      ...eventData(item, commitment),
      path: origin.path ?? null,
      pipeline,
      program,
      name,
      value: toJson(contentOf(own, value)),
    };
    return {
      kind: eventKinds.program_event,
      chain,
      topic: `${chain}.events.${program}.${name}`,
      data: Buffer.from(JSON.stringify(data)),
    };
  };
}

/** The fields of an event alone; all else as it is, for what it is called is part of what it says. */
function contentOf(own: Readonly<Record<string, unknown>>, value: unknown): unknown {
  return own.type === 'event' && 'data' in own ? own.data : value;
}

function tokenOf(pipeline: string): string {
  const token = pipeline.replaceAll(/\W/g, '_');
  return /^\d/.test(token) ? `_${token}` : token;
}
