import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ChainCalls } from '../../chains/chain-calls.ts';
import type { AccountCache } from '../cache/account-cache.ts';
import type { ProgramCache } from '../cache/program-cache.ts';
import { PipelineError } from '../errors.ts';
import type { Handler, PipelineItem } from '../pipeline.ts';
import { nameOf } from '../promised.ts';
import { messageOf } from '../thrown.ts';
import { wrapHandler } from './wrap-handler.ts';

/** What Trunkline offers to handler modules. */
export interface ModuleOffer {
  /** The chain's name. */
  readonly chain: string;
  /** Calls to the chain, over all its providers. */
  readonly calls: ChainCalls;
  /** Accounts as they were told or looked up last, for 30 s. */
  readonly accounts: AccountCache;
  /** Programs: where their code is, and when it changed; for 5 min. */
  readonly programs: ProgramCache;
}

/** What a handler module gets beside the item. */
export interface ModuleContext extends ModuleOffer {
  /** Aborted when the call takes too long, or the pipeline ends. */
  readonly signal: AbortSignal;
}

/** What a handler module may export in place of an object of the form of `Handler`. */
export type ModuleFunction = (item: PipelineItem, context: ModuleContext) => Promise<void> | void;

export interface ModuleHandlerOptions {
  readonly id: string;
  /** Of the ES module; a relative one starts at `directory`. */
  readonly path: string;
  readonly directory: string;
  /** @default 'default' */
  readonly export?: string;
  /** Milliseconds for one call. @default 10000 */
  readonly timeoutMs?: number;
  /** Handed to a function with each item, beside `signal`. */
  readonly context: ModuleOffer;
}

/**
 * The handler that an ES module exports: a function `(item, context)`, or an object with `handle` and whatever else a
 * `Handler` has.
 * @throws PipelineError `handler_module`
 */
export async function loadModuleHandler(options: ModuleHandlerOptions): Promise<Handler> {
  const { id, path, directory, export: name = 'default', timeoutMs = 10_000, context } = options;
  const refuse = (problem: string, cause?: unknown) =>
    new PipelineError('handler_module', `module ${path} of handler ${id}: ${problem}`, { cause });
  let loaded: Readonly<Record<string, unknown>>;
  try {
    loaded = (await import(pathToFileURL(resolve(directory, path)).href)) as typeof loaded;
  } catch (error) {
    throw refuse(`it cannot be loaded: ${messageOf(error)}`, error);
  }
  const exported = loaded[name];
  if (exported === undefined) {
    const names = Object.keys(loaded).join(', ') || 'nothing';
    throw refuse(`it has no export ${name}; it exports ${names}`);
  }
  if (typeof exported === 'function') {
    const call = exported as ModuleFunction;
    return { id, timeoutMs, handle: (item, signal) => call(item, { ...context, signal }) };
  }
  const handler = exported as Partial<Handler>;
  if (typeof handler !== 'object' || handler === null || typeof handler.handle !== 'function')
    throw refuse(`its export ${name} is neither a function nor an object with a function handle`);
  for (const member of ['handleBatch', 'accepts', 'open', 'onGap', 'close'] as const) {
    const found: unknown = handler[member];
    if (found !== undefined && typeof found !== 'function')
      throw refuse(`\`${member}\` of its export ${name} is ${nameOf(found)}, not a function`);
  }
  const { timeoutMs: own } = handler;
  if (own !== undefined && !(Number.isFinite(own) && own > 0))
    throw refuse(`\`timeoutMs\` of its export ${name} is no number of milliseconds`);
  return wrapHandler(handler as Handler, { id, timeoutMs: own ?? timeoutMs });
}
