import type { Clock, TimerHandle } from '../clock/clock.ts';
import { TrunklineError } from '../errors/trunkline-error.ts';
import { type ProviderErrorCode, providerErrors } from '../providers/errors.ts';
import type { StreamHandle, StreamSource } from '../providers/stream-source.ts';

/** What happens to one upstream subscription; nothing more after `onEnded` or `onRefused`. */
export interface LegListener {
  onLive(): void;
  onEvent(result: Buffer): void;
  /** It was live and is over. */
  onEnded(reason: string): void;
  /** It never became live. */
  onRefused(error: unknown): void;
}

/** One subscription at one provider: connecting, live, over. */
export class UpstreamLeg {
  readonly #listener: LegListener;
  readonly #clock: Clock;
  #state: 'connecting' | 'live' | 'over' = 'connecting';
  #handle: StreamHandle | undefined;
  #timer: TimerHandle | undefined;

  constructor(listener: LegListener, deps: { readonly clock: Clock }) {
    this.#listener = listener;
    this.#clock = deps.clock;
  }

  get isLive(): boolean {
    return this.#state === 'live';
  }

  /** Subscribes; a provider that does not answer within `timeoutMs` counts as refusing. */
  open(source: StreamSource, params: string, timeoutMs: number): void {
    this.#timer = this.#clock.setTimeout(
      () => this.#refuse(timedOut(`${source.providerId} did not answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    this.#subscribe(source, params).then(
      handle => {
        this.#handle = handle;
        if (this.#state === 'over') handle.cancel();
        else this.#live();
      },
      error => this.#refuse(error),
    );
  }

  /** Ends it without a word to the listener. */
  cancel(): void {
    this.#over();
    this.#handle?.cancel();
  }

  async #subscribe(source: StreamSource, params: string): Promise<StreamHandle> {
    return source.subscribe(params, {
      onEvent: result => {
        // The first event may overtake the promise: both arrive in one turn of the event loop.
        this.#live();
        if (this.#state === 'live') this.#listener.onEvent(result);
      },
      onEnd: reason => this.#end(reason),
    });
  }

  #live(): void {
    if (this.#state !== 'connecting') return;
    this.#clock.clearTimeout(this.#timer);
    this.#state = 'live';
    this.#listener.onLive();
  }

  #end(reason: string): void {
    const wasLive = this.#state === 'live';
    if (this.#state === 'over') return;
    this.#over();
    if (wasLive) this.#listener.onEnded(reason);
    else this.#listener.onRefused(new Error(reason));
  }

  #refuse(error: unknown): void {
    if (this.#state !== 'connecting') return;
    this.#over();
    this.#listener.onRefused(error);
  }

  #over(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#state = 'over';
  }
}

function timedOut(message: string): TrunklineError<ProviderErrorCode> {
  return new TrunklineError<ProviderErrorCode>(providerErrors, 'attempt_timeout', message);
}
