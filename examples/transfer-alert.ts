// A handler of your own: handlers: [{ type: module, path: transfer-alert.ts }]
import type { ModuleContext } from '../src/pipelines/handlers/module-handler.ts';
import type { ParsedInstruction } from '../src/pipelines/parsers/parsed-values.ts';
import type { PipelineItem } from '../src/pipelines/pipeline.ts';

type Transfer = ParsedInstruction<{ readonly amount: bigint }>;

/** Resolves when it is done for good; a rejection is tried again. `signal` ends what takes too long. */
export default async function alert(item: PipelineItem<Transfer>, { signal }: ModuleContext): Promise<void> {
  const { value, origin } = item;
  signal.throwIfAborted();
  const what = origin.isRemoved ? 'did not happen' : 'happened';
  // The same value may come again after a crash: `origin.key` is equal then.
  console.log(`${origin.key}: ${value.name} of ${value.args.amount} ${what}`);
}
