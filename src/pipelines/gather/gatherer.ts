import type { Log } from '../../telemetry/log.ts';
import type { PipelineRuntime } from '../runtime/pipeline-runtime.ts';
import type { StateStore } from '../state/state-store.ts';
import type { GatherSubject } from './gather-demand.ts';
import { type GatherLine, slotsPipeline, subjectPipeline } from './gather-pipelines.ts';

export interface GathererDependencies {
  readonly runtime: PipelineRuntime;
  /** What is to be gathered now. */
  readonly subjects: () => readonly GatherSubject[];
  /** Calls `listener` when that changes; returns how to stop it. */
  readonly onChange: (listener: () => void) => () => void;
  /** The state of all pipelines; that of one that has ended is removed. */
  readonly state: StateStore;
  readonly log: Log;
}

/** The built-in pipelines of a chain: its slots, and one for each program or account that somebody follows in the feed. */
export class Gatherer {
  readonly #line: GatherLine;
  readonly #deps: GathererDependencies;
  /** By the pipeline's name. */
  readonly #running = new Set<string>();
  #isClosed = false;

  constructor(line: GatherLine, deps: GathererDependencies) {
    this.#line = line;
    this.#deps = deps;
  }

  /** Programs and accounts that are gathered. */
  get size(): number {
    return this.#running.size;
  }

  onChange(listener: () => void): () => void {
    return this.#deps.onChange(listener);
  }

  /** Begins with the slots. @throws StorageError the state cannot be read */
  async open(): Promise<void> {
    const { runtime } = this.#deps;
    const definition = slotsPipeline(this.#line);
    const known = runtime.pipelines.find(({ id }) => id === definition.id);
    await (known ?? runtime.add(definition)).open();
  }

  /** Starts and ends pipelines, one after another, until those run that are wanted. Never rejects. */
  async reconcile(): Promise<void> {
    const wanted = new Map(
      this.#deps.subjects().map(subject => {
        const definition = subjectPipeline(this.#line, subject);
        return [definition.id, definition] as const;
      }),
    );
    for (const id of [...this.#running]) if (!wanted.has(id)) await this.#try(id, () => this.#end(id));
    for (const [id, definition] of wanted) {
      if (this.#running.has(id) || this.#isClosed) continue;
      await this.#try(id, async () => {
        const { runtime } = this.#deps;
        const known = runtime.pipelines.find(running => running.id === id);
        await (known ?? runtime.add(definition)).open();
        this.#running.add(id);
      });
    }
  }

  /** Stops all; they go on where they were at the next start. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const { runtime } = this.#deps;
    const own = runtime.pipelines.filter(
      ({ id }) => this.#running.has(id) || id === slotsPipeline(this.#line).id,
    );
    await Promise.all(own.map(({ id }) => this.#try(id, () => runtime.remove(id))));
    this.#running.clear();
  }

  /** Nobody follows it any more: who follows it later begins then. */
  async #end(id: string): Promise<void> {
    const { runtime, state } = this.#deps;
    await runtime.remove(id);
    this.#running.delete(id);
    while ((await state.clear(`${id}/`)) > 0);
  }

  async #try(pipeline: string, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.#deps.log.error('what the feed follows could not be started or ended', { pipeline, error });
    }
  }
}
