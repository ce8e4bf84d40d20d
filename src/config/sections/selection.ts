import type { z } from 'zod';
import { field, section } from '../field.ts';
import { choice } from '../values/choice.ts';

/** `selection`: which provider is asked first. */
export const selectionSection = section('Which provider a call goes to first.', {
  strategy: field(choice(['priority', 'round_robin', 'fastest', 'latency_weighted']).prefault('priority'), {
    doc: '`priority`: the lowest `priority` number first; `round_robin`: in turn, by `weight`; `fastest`: the lowest recent latency; `latency_weighted`: at random, the faster the more often.',
    applies: 'live',
  }),
});

export type SelectionConfig = z.output<typeof selectionSection>;
export type SelectionStrategy = SelectionConfig['strategy'];
