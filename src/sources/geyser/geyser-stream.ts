import type { SolanaUpdate } from '../../chains/solana/updates.ts';
import type { Clock, TimerHandle } from '../../clock/clock.ts';
import { subscribeUpdateCodec } from '../../protocol/geyser/geyser-codec.ts';
import type { SubscribeRequest, Written } from '../../protocol/geyser/geyser-messages.ts';
import { GeyserClient, type SubscribeCall } from './geyser-client.ts';
import type { CompleteGeyserOptions, GeyserEndpointOptions } from './geyser-options.ts';
import { endOfStatus, type StreamEnd, streamEnd } from './stream-end.ts';
import { StreamWatch } from './stream-watch.ts';
import { toUpdate } from './to-update.ts';

/** Hears a stream; nothing after `onEnd`. */
export interface GeyserStreamListener {
  /** The endpoint answers. */
  onOpen(): void;
  onUpdate(update: SolanaUpdate, filters: readonly string[]): void;
  /** Whether a slot can be real; where it says no the stream waits for `confirms`. */
  believes(slot: number): boolean;
  confirms(slot: number): Promise<boolean>;
  onBytes(count: number): void;
  onPaused(milliseconds: number): void;
  onEnd(end: StreamEnd): void;
  /** Whether more may come. */
  hasRoom(): boolean;
  whenRoom(listener: () => void): void;
  /** Up to where everything is in; undefined: that is not the stream's task now. */
  settled(): number | undefined;
  /** Whether the chain has gone past the newest slot that is known, or past what is settled; asked when that stands still. */
  isChainMoving(past: 'newest' | 'settled'): Promise<boolean>;
}

/** Milliseconds for the question how far it goes back. */
const REPLAY_INFO_MS = 5000;
/** Answers to pings that may wait to be sent, in bytes; more are not written. */
const MAX_UNSENT = 64 * 1024;
/** Messages of slots that are not real, after which the endpoint counts as broken. */
const MAX_IMPLAUSIBLE = 8;

/**
 * One stream of one endpoint, from its request to its end: the data path. Frames go to the listener as they are read,
 * and are read only while the listener has room. It ends itself when the endpoint falls silent or stalls.
 */
export class GeyserStream {
  readonly #clock: Clock;
  readonly #listener: GeyserStreamListener;
  readonly #client: GeyserClient;
  readonly #call: SubscribeCall;
  readonly #watch: StreamWatch;
  #connectTimer: TimerHandle | undefined;
  #isOpen = false;
  #isEnded = false;
  #pausedAt: number | undefined;
  #implausible = 0;

  constructor(
    endpoint: GeyserEndpointOptions,
    options: CompleteGeyserOptions,
    request: Written<SubscribeRequest>,
    { clock, listener }: { readonly clock: Clock; readonly listener: GeyserStreamListener },
  ) {
    this.#clock = clock;
    this.#listener = listener;
    this.#client = new GeyserClient(endpoint, options);
    this.#watch = new StreamWatch(options, {
      clock,
      ping: () => this.#ping(),
      settled: () => listener.settled(),
      isChainMoving: past => listener.isChainMoving(past),
      onSilent: reason => this.end(streamEnd(reason)),
    });
    this.#connectTimer = clock.setTimeout(() => this.end(streamEnd('unreachable')), options.connectTimeoutMs);
    const call = this.#client.subscribe();
    this.#call = call;
    call.on('metadata', () => this.#opened());
    call.on('data', (bytes: Buffer) => this.#onMessage(bytes));
    call.on('status', ({ code, details }) => this.end(endOfStatus(code, details)));
    // Each error comes as a status as well.
    call.on('error', () => {});
    call.write(request);
  }

  /** Replaces the filters; the request must carry neither a ping nor a slot to replay from. */
  rewrite(request: Written<SubscribeRequest>): void {
    if (!this.#isEnded) this.#call.write(request);
  }

  /** @returns the oldest slot that the endpoint can replay, where it says so */
  replayFrom(): Promise<number | undefined> {
    return this.#client.replayFrom(this.#clock.wallNow() + REPLAY_INFO_MS);
  }

  /** Ends it, once; the listener hears how. */
  end(end: StreamEnd): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#clock.clearTimeout(this.#connectTimer);
    this.#watch.stop();
    if (this.#pausedAt !== undefined) this.#listener.onPaused(this.#clock.now() - this.#pausedAt);
    this.#call.cancel();
    this.#client.close();
    this.#listener.onEnd(end);
  }

  #opened(): void {
    if (this.#isOpen || this.#isEnded) return;
    this.#isOpen = true;
    this.#clock.clearTimeout(this.#connectTimer);
    this.#watch.start();
    this.#listener.onOpen();
  }

  #onMessage(bytes: Buffer): void {
    if (this.#isEnded) return;
    this.#opened();
    this.#listener.onBytes(bytes.length);
    let update: SolanaUpdate | undefined;
    let filters: readonly string[];
    try {
      const message = subscribeUpdateCodec.deserialize(bytes);
      if (message.ping) this.#ping();
      filters = message.filters;
      update = toUpdate(message);
      this.#watch.saw(update?.kind === 'slot');
    } catch {
      this.end(streamEnd('garbage'));
      return;
    }
    if (update === undefined) return;
    if (this.#listener.believes(update.slot)) this.#tell(update, filters);
    else void this.#doubt(update, filters);
  }

  #tell(update: SolanaUpdate, filters: readonly string[]): void {
    this.#listener.onUpdate(update, filters);
    if (!this.#listener.hasRoom()) this.#pause();
  }

  /** Nothing later is read before it is known whether the slot is real. */
  async #doubt(update: SolanaUpdate, filters: readonly string[]): Promise<void> {
    this.#call.pause();
    this.#watch.pause();
    const isReal = await this.#listener.confirms(update.slot);
    if (this.#isEnded) return;
    if (isReal) this.#tell(update, filters);
    else if (++this.#implausible >= MAX_IMPLAUSIBLE) this.end(streamEnd('implausible'));
    // Otherwise it waits for room, or is over.
    if (this.#isEnded || this.#pausedAt !== undefined) return;
    this.#watch.resume();
    this.#call.resume();
  }

  #ping(): void {
    if (!this.#isEnded && this.#call.writableLength < MAX_UNSENT) this.#call.write({ ping: { id: 1 } });
  }

  #pause(): void {
    if (this.#isEnded || this.#pausedAt !== undefined) return;
    this.#pausedAt = this.#clock.now();
    this.#call.pause();
    this.#watch.pause();
    this.#listener.whenRoom(() => this.#resume());
  }

  #resume(): void {
    if (this.#isEnded || this.#pausedAt === undefined) return;
    if (!this.#listener.hasRoom()) {
      this.#listener.whenRoom(() => this.#resume());
      return;
    }
    this.#listener.onPaused(this.#clock.now() - this.#pausedAt);
    this.#pausedAt = undefined;
    this.#watch.resume();
    this.#call.resume();
  }
}
