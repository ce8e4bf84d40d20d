import type { StreamSubscriber, Subscription } from '../../src/aggregation/stream-hub.ts';

/** Streams of a chain as a test scripts them. */
export class ScriptedHub {
  /** Subscribers by the params of their stream. */
  readonly streams = new Map<string, StreamSubscriber>();
  /** Whether subscriptions are refused. */
  isDown = false;

  async subscribe(params: string, subscriber: StreamSubscriber): Promise<Subscription> {
    if (this.isDown) throw new Error('no provider');
    this.streams.set(params, subscriber);
    return {
      cancel: () => {
        this.streams.delete(params);
      },
    };
  }

  /** Sends an event on all streams whose params name `part`. */
  emit(part: string, value: unknown): void {
    for (const [params, subscriber] of this.streams) {
      if (params.includes(part)) subscriber.onEvent(Buffer.from(JSON.stringify(value)));
    }
  }

  /** All streams end. */
  end(): void {
    const all = [...this.streams.values()];
    this.streams.clear();
    for (const subscriber of all) subscriber.onEnd('the provider is gone');
  }
}
