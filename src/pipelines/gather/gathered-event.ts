import type { Commitment } from '../../chains/solana/commitment.ts';
import { eventKinds, type NewEvent } from '../../feed/events/feed-event.ts';
import { eventData } from '../feed/value-event.ts';
import type { PipelineItem } from '../pipeline.ts';
import type { GatheredValue } from './gathered-values.ts';

const kinds = {
  program_log: { kind: eventKinds.program_log, topic: 'logs' },
  transaction: { kind: eventKinds.transaction, topic: 'transactions' },
  account: { kind: eventKinds.account, topic: 'accounts' },
} as const;

/** Tells what was gathered as `<chain>.logs.<program>`, `<chain>.transactions.<program>` or `<chain>.accounts.<key>`. */
export function gatheredEvent(chain: string, commitment: Commitment) {
  return (item: PipelineItem): NewEvent => {
    const { gathered, subject, data } = item.value as GatheredValue;
    const { kind, topic } = kinds[gathered];
    return {
      kind,
      chain,
      topic: `${chain}.${topic}.${subject}`,
      data: Buffer.from(JSON.stringify({ ...eventData(item, commitment), ...data })),
    };
  };
}
