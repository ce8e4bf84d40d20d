import type { StreamHub, StreamSubscriber, Subscription } from '../../../../src/aggregation/stream-hub.ts';
import type { ChainRuntime } from '../../../../src/gateway/chain-directory.ts';

/** One subscription that waits for the test to accept or refuse it. */
export interface FakeSubscription {
  readonly params: string;
  readonly subscriber: StreamSubscriber;
  isCancelled: boolean;
  accept(): void;
  refuse(error: Error): void;
}

/** Stands for a chain's streams. */
export class FakeHub {
  readonly subscriptions: FakeSubscription[] = [];

  get last(): FakeSubscription {
    return this.subscriptions.at(-1)!;
  }

  /** Gives the hub to a chain. */
  putInto(chain: ChainRuntime): this {
    chain.hub = this as unknown as StreamHub;
    return this;
  }

  subscribe(params: string, subscriber: StreamSubscriber): Promise<Subscription> {
    return new Promise((resolve, reject) => {
      const entry: FakeSubscription = {
        params,
        subscriber,
        isCancelled: false,
        accept: () =>
          resolve({
            cancel: () => {
              entry.isCancelled = true;
            },
          }),
        refuse: reject,
      };
      this.subscriptions.push(entry);
    });
  }

  emit(result: string): void {
    for (const { subscriber } of this.subscriptions) subscriber.onEvent(Buffer.from(result));
  }
}

/** Lets promises settle. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve));
}
