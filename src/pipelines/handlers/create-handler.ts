import type { Clock } from '../../clock/clock.ts';
import type { TypedStore } from '../../storage/client/typed-store.ts';
import type { Log } from '../../telemetry/log.ts';
import { PipelineError } from '../errors.ts';
import type { Handler } from '../pipeline.ts';
import { type Condition, conditional } from './condition.ts';
import { LogHandler } from './log-handler.ts';
import { loadModuleHandler, type ModuleOffer } from './module-handler.ts';
import { StorageHandler } from './storage-handler.ts';
import { WebhookHandler } from './webhook-handler.ts';
import { wrapHandler } from './wrap-handler.ts';

/** A handler as it stands in the config. */
export interface HandlerConfig {
  readonly type: 'feed' | 'storage' | 'log' | 'webhook' | 'module';
  /** Of `feed`. */
  readonly topic?: string | undefined;
  /** Of `storage`: the template of the key. */
  readonly key?: string | undefined;
  /** Of `storage`: milliseconds. */
  readonly ttl?: number | undefined;
  /** Of `log`. */
  readonly level?: 'error' | 'warn' | 'info' | 'debug' | undefined;
  /** Of `webhook`. */
  readonly url?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Of `module`. */
  readonly path?: string | undefined;
  readonly export?: string | undefined;
  /** Milliseconds. */
  readonly timeout?: number | undefined;
  readonly when?: Condition | undefined;
}

/** What handlers are made with. */
export interface HandlerDependencies {
  readonly clock: Clock;
  readonly log: Log;
  /** Where paths in the config begin. */
  readonly directory: string;
  /** Where the `storage` handler writes; undefined: there is no storage. */
  readonly store: TypedStore | undefined;
  /** Makes a handler of the type `feed`; undefined: there is no feed. */
  readonly feedHandler: ((id: string, config: HandlerConfig) => Handler) | undefined;
  /** What modules get beside each item. */
  readonly moduleContext: ModuleOffer;
}

/**
 * The handler that an entry of the config describes.
 * @throws PipelineError `pipeline_invalid`, `handler_module`
 */
export async function createHandler(
  id: string,
  config: HandlerConfig,
  dependencies: HandlerDependencies,
): Promise<Handler> {
  const handler = await create(id, config, dependencies);
  const { timeout, when } = config;
  // The feed takes its events in the end: giving one up would be a hole.
  const isTimed = timeout !== undefined && config.type !== 'feed';
  const timed = isTimed ? wrapHandler(handler, { timeoutMs: timeout }) : handler;
  return when === undefined ? timed : conditional(timed, when);
}

async function create(
  id: string,
  config: HandlerConfig,
  { clock, log, directory, store, feedHandler, moduleContext }: HandlerDependencies,
): Promise<Handler> {
  const timeoutMs = config.timeout ?? 10_000;
  switch (config.type) {
    case 'feed':
      if (feedHandler === undefined) throw missing(id, 'there is no feed');
      return feedHandler(id, config);
    case 'storage': {
      if (store === undefined) throw missing(id, 'there is no storage');
      const key = config.key === undefined ? {} : { key: config.key };
      return new StorageHandler({ id, ...key, ttlMs: config.ttl, timeoutMs }, { store });
    }
    case 'log':
      return new LogHandler({ id, level: config.level ?? 'info' }, { log });
    case 'webhook': {
      if (config.url === undefined) throw missing(id, 'it has no url');
      return new WebhookHandler({ id, url: config.url, headers: config.headers ?? {}, timeoutMs }, { clock });
    }
    case 'module': {
      if (config.path === undefined) throw missing(id, 'it has no path');
      const { path } = config;
      const name = config.export ?? 'default';
      return loadModuleHandler({ id, path, directory, export: name, timeoutMs, context: moduleContext });
    }
  }
}

const missing = (id: string, problem: string) =>
  new PipelineError('pipeline_invalid', `handler ${id}: ${problem}`);
