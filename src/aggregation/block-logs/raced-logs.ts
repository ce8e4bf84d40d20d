import type { LogRules } from '../../chains/chain-family.ts';
import type { Clock } from '../../clock/clock.ts';
import { pause } from '../../clock/pause.ts';
import type { Log } from '../../telemetry/log.ts';
import type { ChainDemand } from '../demand/chain-demand.ts';
import { WantedStream } from '../demand/wanted-stream.ts';
import type { StreamHub } from '../stream-hub.ts';
import type { BlockPool } from './block-pool.ts';
import type { BloomTrust } from './bloom-trust.ts';
import { type BlockLog, isEmptyBloom, verdictOn } from './read-answer.ts';

/** How long raced logs are waited for. */
export interface RacedLogsOptions {
  readonly chain: string;
  /** Milliseconds without a new log of the block after which those that came may be all. */
  readonly settleMs: number;
  /** Milliseconds that a block waits at most. */
  readonly raceWaitMs: number;
}

/** What the race needs. */
export interface RacedLogsDeps {
  readonly rules: LogRules;
  readonly demand: ChainDemand;
  readonly hub: Pick<StreamHub, 'subscribe'>;
  readonly pool: BlockPool;
  readonly clock: Clock;
  readonly log: Log;
}

/** All logs of the chain as subscriptions bring them, while somebody wants logs. */
export class RacedLogs {
  readonly #options: RacedLogsOptions;
  readonly #deps: RacedLogsDeps;
  readonly #stream: WantedStream;
  readonly #stopWatching: () => void;

  constructor(options: RacedLogsOptions, deps: RacedLogsDeps) {
    this.#options = options;
    this.#deps = deps;
    const { demand, pool, rules, clock } = deps;
    this.#stream = new WantedStream(
      {
        chain: options.chain,
        params: '["logs",{}]',
        isWanted: () => demand.wantsAnyLogs,
        onEvent: result => {
          const fields = rules.read(result);
          if (fields === undefined || fields.removed) return;
          pool.add({ fields, bytes: Buffer.from(result) }, clock.now());
        },
      },
      deps,
    );
    this.#stopWatching = demand.onChange(() => this.#stream.update());
    this.#stream.update();
  }

  /** The logs of a block, by index, once they add up to its bloom; `undefined`: they do not, or not in time. */
  async logs(
    hash: string,
    bloom: Uint8Array | undefined,
    trust: BloomTrust,
    signal: AbortSignal,
  ): Promise<readonly BlockLog[] | undefined> {
    if (bloom === undefined || trust.isLost) return undefined;
    if (isEmptyBloom(bloom)) return trust.isProven ? [] : undefined;
    const { clock, pool, rules } = this.#deps;
    const { settleMs, raceWaitMs } = this.#options;
    const deadline = clock.now() + raceWaitMs;
    for (;;) {
      signal.throwIfAborted();
      if (!this.#stream.isLive) return undefined;
      const now = clock.now();
      const arrived = pool.arrived(hash);
      const quietMs = arrived === undefined ? 0 : now - arrived.at;
      if (arrived !== undefined && quietMs >= settleMs && verdictOn(arrived.logs, bloom, rules) === 'exact') {
        trust.confirm();
        const bytes = arrived.logs.reduce((sum, log) => sum + log.bytes.length, 0);
        pool.keep(hash, arrived.logs, bytes);
        return arrived.logs;
      }
      if (now >= deadline) return undefined;
      const untilSettled = quietMs < settleMs ? settleMs - quietMs : settleMs;
      await pause(Math.max(1, Math.min(untilSettled, deadline - now)), signal, clock);
    }
  }

  stop(): void {
    this.#stopWatching();
    this.#stream.stop();
  }
}
