import { extname, resolve } from 'node:path';
import { pipeline } from './define-pipeline.ts';
import { createHandler, type HandlerConfig, type HandlerDependencies } from './handlers/create-handler.ts';
import { createParser } from './parsers/create-parser.ts';
import type { ParserOptions } from './parsers/parser-options.ts';
import type { HandlerMode, OrderBy, OverflowPolicy, PipelineDefinition } from './pipeline-options.ts';

/** A pipeline as it stands in the config: names as in YAML, durations in milliseconds. */
export interface PipelineConfig {
  readonly chain: string;
  readonly source: 'geyser' | 'logs';
  readonly commitment: PipelineDefinition['commitment'];
  readonly kind: PipelineDefinition['filter']['kind'];
  readonly filter: {
    readonly programs: readonly string[];
    readonly accounts: readonly string[];
    readonly required: readonly string[];
    readonly excluded: readonly string[];
    readonly owners: readonly string[];
    readonly memcmp: readonly { readonly offset: number; readonly bytes: string }[];
    readonly data_size?: number | undefined;
    readonly failed: boolean;
    readonly votes: boolean;
  };
  readonly parser: ParserOptions;
  readonly parse_threads: number;
  readonly handlers: readonly HandlerConfig[];
  readonly mode: HandlerMode;
  readonly concurrency: number;
  readonly order_by: OrderBy;
  readonly retry: {
    readonly attempts: number;
    readonly delay: number;
    readonly max_delay: number;
    readonly multiplier: number;
    readonly jitter: number;
  };
  readonly buffer: {
    readonly max_capacity: number;
    readonly max_bytes: number;
    readonly batch_size: number;
    readonly batch_timeout: number;
    readonly overflow_policy: OverflowPolicy;
  };
  readonly max_dead_letters: number;
  /** @default 0: parse errors do not stop it */
  readonly max_parse_errors?: number | undefined;
  readonly drain_timeout: number;
}

/**
 * The pipeline that a section of the config describes, with its parser and its handlers loaded.
 *
 * @param id the section's name
 * @throws PipelineError `pipeline_invalid`, `handler_module`; ParserError as of `createParser`
 */
export async function pipelineFromConfig(
  id: string,
  config: PipelineConfig,
  dependencies: HandlerDependencies,
): Promise<PipelineDefinition> {
  const { retry, buffer } = config;
  const { data_size: dataSize, ...filter } = config.filter;
  const { directory } = dependencies;
  const parserOptions = { ...config.parser, ...files(config.parser, directory) };
  const handlers = [];
  for (const [at, handler] of config.handlers.entries())
    handlers.push(await createHandler(handlerId(config.handlers, at), handler, dependencies));
  return pipeline({
    id,
    chain: config.chain,
    source: config.source,
    commitment: config.commitment,
    filter: { ...filter, kind: config.kind, dataSize },
    parser: createParser(parserOptions),
    parseThreads: config.parse_threads,
    parserModule: { url: parserEntry, config: parserOptions },
    maxParseErrors: config.max_parse_errors ?? 0,
    handlers,
    mode: config.mode,
    concurrency: config.concurrency,
    orderBy: config.order_by,
    retry: {
      attempts: retry.attempts,
      delayMs: retry.delay,
      maxDelayMs: retry.max_delay,
      multiplier: retry.multiplier,
      jitter: retry.jitter,
    },
    buffer: {
      maxCapacity: buffer.max_capacity,
      maxBytes: buffer.max_bytes,
      batchSize: buffer.batch_size,
      batchTimeoutMs: buffer.batch_timeout,
      overflowPolicy: buffer.overflow_policy,
    },
    maxDeadLetters: config.max_dead_letters,
    drainTimeoutMs: config.drain_timeout,
  });
}

const parserEntry = new URL(`./parsers/create-parser${extname(import.meta.url)}`, import.meta.url).href;

/** Files named in a config are relative to it. */
function files({ idl, path }: ParserOptions, directory: string): Pick<ParserOptions, 'idl' | 'path'> {
  return {
    ...(idl === undefined ? {} : { idl: resolve(directory, idl) }),
    ...(path === undefined ? {} : { path: resolve(directory, path) }),
  };
}

/** The handler's type; where several are of one type, with its place among them: `webhook`, `webhook-2`. */
function handlerId(handlers: readonly HandlerConfig[], at: number): string {
  const { type } = handlers[at]!;
  const before = handlers.slice(0, at).filter(handler => handler.type === type).length;
  return before === 0 ? type : `${type}-${before + 1}`;
}
