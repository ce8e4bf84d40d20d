import type { StreamHandle, StreamListener, StreamSource } from '../../../src/providers/stream-source.ts';

interface Upstream {
  readonly params: string;
  readonly listener: StreamListener;
}

/** How a fake source answers a subscription. */
export type Answer = 'accept' | 'hang' | 'refuse';

/** A provider's WebSocket that does what a test says. */
export class FakeSource implements StreamSource {
  readonly providerId: string;
  /** What the next subscriptions meet. */
  answer: Answer = 'accept';
  /** The params of every subscribe call. */
  readonly calls: string[] = [];
  readonly upstreams = new Set<Upstream>();
  #isOpen: boolean;
  readonly #listeners = new Set<(isOpen: boolean) => void>();

  constructor(providerId: string, isOpen = true) {
    this.providerId = providerId;
    this.#isOpen = isOpen;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  onStateChange(listener: (isOpen: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  subscribe(params: string, listener: StreamListener): Promise<StreamHandle> {
    this.calls.push(params);
    if (this.answer === 'refuse') return Promise.reject(new Error(`${this.providerId} says no`));
    if (this.answer === 'hang') return new Promise(() => {});
    const upstream = { params, listener };
    this.upstreams.add(upstream);
    return Promise.resolve({ cancel: () => this.upstreams.delete(upstream) });
  }

  /** Announces an event on every subscription, or on those with `params`. */
  emit(result: Buffer, params?: string): void {
    for (const upstream of [...this.upstreams]) {
      if (params === undefined || upstream.params === params) upstream.listener.onEvent(result);
    }
  }

  open(): void {
    this.#change(true);
  }

  /** The connection drops: subscriptions end, then the state changes. */
  close(): void {
    this.endSubscriptions('connection lost');
    this.#change(false);
  }

  endSubscriptions(reason: string): void {
    const ended = [...this.upstreams];
    this.upstreams.clear();
    for (const { listener } of ended) listener.onEnd(reason);
  }

  #change(isOpen: boolean): void {
    this.#isOpen = isOpen;
    for (const listener of [...this.#listeners]) listener(isOpen);
  }
}
