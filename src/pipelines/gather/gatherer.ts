import type { Log } from '../../telemetry/log.ts';
import { forgetTold } from '../feed/told-keys.ts';
import type { PipelineDefinition } from '../pipeline-options.ts';
import type { PipelineRuntime } from '../runtime/pipeline-runtime.ts';
import type { RunningPipeline } from '../runtime/running-pipeline.ts';
import type { StateStore } from '../state/state-store.ts';
import type { WantedSubject } from './gather-demand.ts';
import {
  type GatherLine,
  slotsPipeline,
  slotsPipelineId,
  subjectPipeline,
  subjectPipelineId,
} from './gather-pipelines.ts';

export interface GathererDependencies {
  /** Of two sources, so that the keys that clients name, which a server may refuse, stop nothing else. */
  readonly runtimes: { readonly slots: PipelineRuntime; readonly subjects: PipelineRuntime };
  /** What is to be gathered now. */
  readonly subjects: () => readonly WantedSubject[];
  /** The slot after which a new claim begins; undefined: the feed has told no slot yet. */
  readonly presentSlot: () => number | undefined;
  /** Calls `listener` when that changes; returns how to stop it. */
  readonly onChange: (listener: () => void) => () => void;
  /** The state of all pipelines; that of one that has ended is removed. */
  readonly state: StateStore;
  readonly log: Log;
}

/** What became of bringing pipelines in step. */
export interface Reconciled {
  /** All that are wanted run, no others do, and of these nothing is left. */
  readonly isDone: boolean;
  /** The stream of what clients follow was opened anew, or for the first time, for what was added. */
  readonly isRenewed: boolean;
}

/** Slots by which a pipeline of an earlier run may have been ahead of the slots at which new claims begin. */
const maxLead = 512;

/** The built-in pipelines of a chain: its slots, and one for each program or account that somebody follows in the feed. */
export class Gatherer {
  readonly #line: GatherLine;
  readonly #deps: GathererDependencies;
  /** By the pipeline's name. */
  readonly #running = new Set<string>();
  /**
   * Those that nobody wants any more, with the newest slot of which they may have told something. Until new
   * claims begin past it, one would begin below: with what they have kept, nothing is told twice.
   */
  readonly #ended = new Map<string, number>();
  #hasFoundEnded = false;
  /** The newest slot of which an earlier run may have told something; -1: there was none. */
  #earlierSlot = -1;
  #isClosed = false;
  #reconciling: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> = Promise.resolve();

  constructor(line: GatherLine, deps: GathererDependencies) {
    this.#line = line;
    this.#deps = deps;
  }

  /** Pipelines that run. */
  get size(): number {
    return this.#running.size;
  }

  onChange(listener: () => void): () => void {
    return this.#deps.onChange(listener);
  }

  /** Starts and ends pipelines, one after another, until those run that are wanted. Never rejects. */
  reconcile(): Promise<Reconciled> {
    const done = this.#reconcile();
    this.#reconciling = done;
    return done;
  }

  /** It is to run: for the first time, or again after `close`. */
  open(): void {
    this.#isClosed = false;
  }

  /** Stops all; they go on where they were at the next start. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#closing = this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // What is being started has to be stopped as well.
    await this.#reconciling;
    await Promise.all([...this.#running].map(id => this.#try(id, () => this.#runtimeOf(id).remove(id))));
    this.#running.clear();
  }

  async #reconcile(): Promise<Reconciled> {
    await this.#closing;
    let isDone = this.#hasFoundEnded;
    const presentSlot = this.#deps.presentSlot();
    // Before that nobody knows how far an earlier run was.
    if (!isDone && presentSlot !== undefined)
      isDone = await this.#try(this.#line.chain, () => this.#findEnded(presentSlot));
    // Those that end now are forgotten another time, when it is kept that nobody wants them.
    const due = [...this.#ended];
    let wanted = this.#wantedIds();
    const unwanted = [...this.#running].filter(id => !wanted.has(id));
    for (const id of unwanted) isDone = (await this.#try(id, () => this.#end(id))) && isDone;
    if (unwanted.length > 0) isDone = false;
    // Somebody may have come back meanwhile, here and after each one that was forgotten.
    wanted = this.#wantedIds();
    for (const [id, lastSlot] of due) {
      if (wanted.has(id)) this.#ended.delete(id);
      else if ((this.#deps.presentSlot() ?? -1) < lastSlot) isDone = false;
      else {
        isDone = (await this.#try(id, () => this.#forget(id))) && isDone;
        wanted = this.#wantedIds();
      }
    }
    if (this.#isClosed) return { isDone, isRenewed: false };
    const { chain } = this.#line;
    const added = this.#deps
      .subjects()
      .filter(subject => !this.#running.has(subjectPipelineId(chain, subject)))
      .map(subject => subjectPipeline(this.#line, subject));
    const slots = this.#running.has(slotsPipelineId(chain)) ? [] : [slotsPipeline(this.#line)];
    isDone = (await this.#start([...slots, ...added])) && isDone;
    return { isDone, isRenewed: added.length > 0 };
  }

  #wantedIds(): ReadonlySet<string> {
    const { chain } = this.#line;
    const ids = this.#deps.subjects().map(subject => subjectPipelineId(chain, subject));
    return new Set([slotsPipelineId(chain), ...ids]);
  }

  /** Adds all before it opens one: so the source is subscribed to once. */
  async #start(definitions: readonly PipelineDefinition[]): Promise<boolean> {
    const { slots, subjects } = this.#deps.runtimes;
    const known = new Map(
      [...slots.pipelines, ...subjects.pipelines].map(pipeline => [pipeline.id, pipeline]),
    );
    const added: RunningPipeline[] = [];
    let isDone = true;
    for (const definition of definitions) {
      const { id } = definition;
      const add = async () => void added.push(known.get(id) ?? this.#runtimeOf(id).add(definition));
      isDone = (await this.#try(id, add)) && isDone;
    }
    for (const pipeline of added) {
      const { id } = pipeline;
      const open = async () => {
        await pipeline.open();
        this.#running.add(id);
      };
      // The others would wait for one that nobody opens.
      isDone = (await this.#try(id, this.#isClosed ? () => this.#runtimeOf(id).remove(id) : open)) && isDone;
    }
    return isDone;
  }

  async #end(id: string): Promise<void> {
    const runtime = this.#runtimeOf(id);
    const pipeline = runtime.get(id);
    const stopped = pipeline.stop();
    // It takes nothing newer from now on.
    this.#ended.set(id, Math.max(pipeline.status().slot, this.#earlierSlot));
    await stopped;
    await runtime.remove(id);
    this.#running.delete(id);
  }

  /** Who follows it later begins then. */
  async #forget(id: string): Promise<void> {
    const { state } = this.#deps;
    while ((await state.clear(`${id}/`)) > 0);
    await forgetTold(this.#line.eventLog.index, `${id}/`);
    this.#ended.delete(id);
  }

  /** What an earlier run has left behind: all that have a state; those that are wanted are told apart afterwards. */
  async #findEnded(presentSlot: number): Promise<void> {
    const { state } = this.#deps;
    for (let after: string | undefined; ; ) {
      const page = after === undefined ? {} : { after };
      const records = await state.under(`feed.${this.#line.chain}.`, page);
      for (const { key } of records) this.#ended.set(key.slice(0, key.indexOf('/')), presentSlot + maxLead);
      after = records.at(-1)?.key;
      if (after === undefined) break;
    }
    if (this.#ended.size > 0) this.#earlierSlot = presentSlot + maxLead;
    this.#hasFoundEnded = true;
  }

  #runtimeOf(id: string): PipelineRuntime {
    const { slots, subjects } = this.#deps.runtimes;
    return id === slotsPipelineId(this.#line.chain) ? slots : subjects;
  }

  async #try(pipeline: string, step: () => Promise<void>): Promise<boolean> {
    try {
      await step();
      return true;
    } catch (error) {
      this.#deps.log.error('what the feed follows could not be started or ended', { pipeline, error });
      return false;
    }
  }
}
