import { now } from './now.ts';
import { stampedEvent } from './stamp.ts';

/** How a publisher of events is driven; over IPC, or directly where it lives in the benchmark's own process. */
export type PublishCommand =
  /** As fast as the clients take them: `perTick` events a turn of the event loop, at most `window` of them not acknowledged. */
  | { readonly kind: 'flood'; readonly perTick: number; readonly window: number; readonly bytes: number }
  /** A fixed rate, whatever becomes of it; the stamp is when an event was due. */
  | { readonly kind: 'pace'; readonly perSecond: number; readonly bytes: number }
  /** Every client has received so many events since the start. */
  | { readonly kind: 'acknowledge'; readonly events: number }
  | { readonly kind: 'stop' };

/** Makes events of a given length and rate; where they go is the target's business. */
export class EventPublisher {
  readonly #emit: (events: readonly Buffer[]) => void;
  readonly #canEmit: () => boolean;
  #sent = 0;
  #acknowledged = 0;
  #bytes = 0;
  /** Another start makes the loops of the one before end. */
  #run = 0;
  /** Goes on when clients have acknowledged more: a loop that looks again and again would count as the target's own CPU. */
  #resume: (() => void) | undefined;

  /** @param canEmit asked before each turn. @default always */
  constructor(emit: (events: readonly Buffer[]) => void, canEmit: () => boolean = () => true) {
    this.#emit = emit;
    this.#canEmit = canEmit;
  }

  /** Events of the last start. */
  get sent(): number {
    return this.#sent;
  }

  command(command: PublishCommand): void {
    if (command.kind === 'acknowledge') {
      this.#acknowledged = command.events;
      const resume = this.#resume;
      this.#resume = undefined;
      resume?.();
    } else if (command.kind === 'stop') this.#run++;
    else {
      this.#sent = 0;
      this.#acknowledged = 0;
      this.#bytes = command.bytes;
      const run = ++this.#run;
      if (command.kind === 'flood') this.#flood(command.perTick, command.window, run);
      else this.#pace(1000 / command.perSecond, now(), run);
    }
  }

  #flood(perTick: number, window: number, run: number): void {
    if (run !== this.#run) return;
    const again = () => this.#flood(perTick, window, run);
    if (this.#sent - this.#acknowledged + perTick > window) this.#resume = () => setImmediate(again);
    else if (!this.#canEmit()) setTimeout(again, 1);
    else {
      this.#emit(Array.from({ length: perTick }, () => stampedEvent(this.#bytes, ++this.#sent)));
      setImmediate(again);
    }
  }

  #pace(intervalMs: number, startAt: number, run: number): void {
    if (run !== this.#run) return;
    const time = now();
    const due: Buffer[] = [];
    while (startAt + this.#sent * intervalMs <= time) {
      const dueAt = startAt + this.#sent * intervalMs;
      due.push(stampedEvent(this.#bytes, ++this.#sent, dueAt));
    }
    if (due.length > 0) this.#emit(due);
    setTimeout(() => this.#pace(intervalMs, startAt, run), startAt + this.#sent * intervalMs - now());
  }
}
