import type { Clock } from '../../clock/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { CanonicalSink } from '../canonical/canonical-sink.ts';
import type { ChainDemand } from '../demand/chain-demand.ts';
import { WantedStream } from '../demand/wanted-stream.ts';
import type { StreamHub } from '../stream-hub.ts';

/** What the follower of pending transactions needs. */
export interface PendingFollowerDeps {
  readonly demand: ChainDemand;
  /** Its stream of pending transactions must bring each once. */
  readonly hub: Pick<StreamHub, 'subscribe'>;
  readonly sink: Pick<CanonicalSink, 'pending'>;
  readonly clock: Clock;
  readonly log: Log;
}

const QUOTE = 0x22;

/** Hands the hashes of pending transactions over while somebody asks for them. */
export class PendingFollower {
  readonly #stream: WantedStream;
  readonly #stopWatching: () => void;

  constructor(options: { readonly chain: string }, deps: PendingFollowerDeps) {
    const { demand, sink } = deps;
    this.#stream = new WantedStream(
      {
        chain: options.chain,
        params: '["newPendingTransactions"]',
        isWanted: () => demand.wantsPending,
        // A hash, as asked; some nodes send whole transactions.
        onEvent: result => {
          if (result[0] === QUOTE) sink.pending(Buffer.from(result));
        },
      },
      deps,
    );
    this.#stopWatching = demand.onChange(() => this.#stream.update());
    this.#stream.update();
  }

  stop(): void {
    this.#stopWatching();
    this.#stream.stop();
  }
}
