import type { Clock } from '../../clock/clock.ts';
import { PipelineError } from '../errors.ts';
import { acceptsItem } from '../handlers/accepts-item.ts';
import type { Handler, PipelineGap } from '../pipeline.ts';
import type { PipelineDefinition } from '../pipeline-options.ts';
import type { DeadLetterStore } from '../state/dead-letter-store.ts';
import { messageOf } from '../thrown.ts';
import { defaultTimeoutMs } from './delivery.ts';

/** What came of a replay. */
export interface ReplayResult {
  /** Letters that are done with, and gone. */
  readonly replayed: number;
  /** Letters that stay, and what their handler said. */
  readonly failed: readonly { readonly id: number; readonly message: string }[];
}

/**
 * Gives dead letters to their handlers again, oldest first, one try each: to the one that gave up and, unless the mode is
 * `parallel`, those behind it; a gap to the one that was not told. A letter whose handler is gone fails.
 */
export async function replayLetters(
  ids: readonly number[],
  { handlers, mode }: Pick<PipelineDefinition, 'handlers' | 'mode'>,
  { deadLetters, clock }: { readonly deadLetters: DeadLetterStore; readonly clock: Clock },
): Promise<ReplayResult> {
  const failed: { id: number; message: string }[] = [];
  let replayed = 0;
  for (const id of ids) {
    try {
      const { item, handler, isGap } = await deadLetters.item(id);
      const at = handlers.findIndex(one => one.id === handler);
      if (at < 0) throw new PipelineError('pipeline_invalid', `there is no handler ${handler} any more`);
      const chain = isGap || mode === 'parallel' ? [handlers[at]!] : handlers.slice(at);
      for (const one of chain) {
        if (isGap) await within(one, clock, signal => one.onGap?.(item.value as PipelineGap, signal));
        else if (mode !== 'conditional' || acceptsItem(one, item))
          await within(one, clock, signal => one.handle(item, signal));
      }
      await deadLetters.delete([id]);
      replayed++;
    } catch (error) {
      failed.push({ id, message: messageOf(error) });
    }
  }
  return { replayed, failed };
}

async function within(
  handler: Handler,
  clock: Clock,
  call: (signal: AbortSignal) => Promise<void> | void,
): Promise<void> {
  const controller = new AbortController();
  const late = Promise.withResolvers<never>();
  const timer = clock.setTimeout(() => {
    const error = new PipelineError('handler_timeout', 'the handler did not end in time');
    controller.abort(error);
    late.reject(error);
  }, handler.timeoutMs ?? defaultTimeoutMs);
  try {
    await Promise.race([call(controller.signal), late.promise]);
  } finally {
    clock.clearTimeout(timer);
  }
}
