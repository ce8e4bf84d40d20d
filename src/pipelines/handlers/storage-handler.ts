import { storeCommands } from '../../storage/client/store-commands.ts';
import type { TypedStore } from '../../storage/client/typed-store.ts';
import { toJson } from '../parsers/to-json.ts';
import type { Handler, PipelineItem } from '../pipeline.ts';
import { keyTemplate } from './key-template.ts';

export interface StorageHandlerOptions {
  readonly id: string;
  /** Of the record, as in `keyTemplate`. @default '{chain}:{key}' */
  readonly key?: string;
  /** Milliseconds that a record is kept. @default for good */
  readonly ttlMs?: number | undefined;
  /** Milliseconds for one write. @default 10000 */
  readonly timeoutMs?: number;
}

/** Keeps each value, as JSON, as a record of a store; one that is taken back is removed. The same value again changes nothing. */
export class StorageHandler implements Handler {
  readonly id: string;
  readonly timeoutMs: number;
  readonly #key: (item: PipelineItem) => string;
  readonly #expiry: { readonly expiresInMs: number } | undefined;
  readonly #store: TypedStore;

  /** @throws PipelineError `pipeline_invalid`: the template does not read */
  constructor(options: StorageHandlerOptions, { store }: { readonly store: TypedStore }) {
    this.id = options.id;
    this.timeoutMs = options.timeoutMs ?? 10_000;
    this.#key = keyTemplate(options.key ?? '{chain}:{key}');
    this.#expiry = options.ttlMs === undefined ? undefined : { expiresInMs: options.ttlMs };
    this.#store = store;
  }

  handle(item: PipelineItem): Promise<void> {
    return this.handleBatch([item]);
  }

  async handleBatch(items: readonly PipelineItem[]): Promise<void> {
    await this.#store.batch(
      items.map(item => {
        const key = this.#key(item);
        if (item.origin.isRemoved) return storeCommands.del(key);
        return storeCommands.set(key, JSON.stringify(toJson(item.value)), this.#expiry);
      }),
    );
  }
}
