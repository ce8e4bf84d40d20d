import type { FeedRequest, FeedSubscription } from '../../../../src/feed/delivery/feed-request.ts';
import type { FeedSink } from '../../../../src/feed/delivery/feed-sink.ts';
import type { FeedService } from '../../../../src/gateway/feed/feed-service.ts';

/** A subscription that was asked for. */
export class FakeSubscription implements FeedSubscription {
  readonly request: FeedRequest;
  readonly sink: FeedSink;
  readonly start = 'e1:5';
  readonly latest = 'e1:5';
  cursor = 'e1:5';
  isBegun = false;
  isEnded = false;
  readonly accept: () => void;
  readonly refuse: (error: unknown) => void;

  constructor(
    request: FeedRequest,
    sink: FeedSink,
    accept: (subscription: FeedSubscription) => void,
    refuse: (error: unknown) => void,
  ) {
    this.request = request;
    this.sink = sink;
    this.accept = () => accept(this);
    this.refuse = refuse;
  }

  begin(): void {
    this.isBegun = true;
  }

  end(): void {
    this.isEnded = true;
  }
}

/** Stands for the feed: makes the subscriptions when the test says so. */
export class FakeFeed {
  readonly asked: FakeSubscription[] = [];
  readonly service: FeedService = {
    keepMs: 60_000,
    familyInHistory: chain => (chain === 'gone' ? 'evm' : undefined),
    source: { epoch: 'e1', earliest: 3, head: 5 },
    feed: {
      reader: () => {
        throw new Error('nobody reads here');
      },
      subscribe: (request, sink) =>
        new Promise((resolve, reject) =>
          this.asked.push(new FakeSubscription(request, sink, resolve, reject)),
        ),
    },
  };

  get last(): FakeSubscription {
    return this.asked.at(-1)!;
  }
}
