import type { SessionEvent } from '../pipelines/parsers/session-events.ts';
import type { Handler, PipelineGap, PipelineItem } from '../pipelines/pipeline.ts';

/** Where the events of a pipeline go. */
export interface SessionIntake {
  /** Resolves once all are stored; waits while there is no room. Those that came before change nothing. */
  accept(items: readonly PipelineItem<SessionEvent>[], signal: AbortSignal): Promise<void>;
  /** Events of some slots may not come. */
  missed(gap: PipelineGap): void;
}

/** The end of the pipeline of session events: they are done with here once the session builder has stored them. */
export class SessionHandler implements Handler<SessionEvent> {
  readonly id = 'sessions';
  /** A full queue is no failure of the handler: it waits. */
  readonly timeoutMs = 3_600_000;
  readonly #intake: SessionIntake;

  constructor(intake: SessionIntake) {
    this.#intake = intake;
  }

  handle(item: PipelineItem<SessionEvent>, signal: AbortSignal): Promise<void> {
    return this.#intake.accept([item], signal);
  }

  handleBatch(items: readonly PipelineItem<SessionEvent>[], signal: AbortSignal): Promise<void> {
    return this.#intake.accept(items, signal);
  }

  onGap(gap: PipelineGap): void {
    this.#intake.missed(gap);
  }
}
