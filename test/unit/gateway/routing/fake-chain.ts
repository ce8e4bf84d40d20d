import type { ChainFamily, FailureClass } from '../../../../src/chains/chain-family.ts';
import { evmFamily } from '../../../../src/chains/evm/evm-family.ts';
import type { CallAnswer, GatewayCall } from '../../../../src/gateway/call.ts';
import { derivedCall } from '../../../../src/gateway/calls.ts';
import type { ChainRuntime } from '../../../../src/gateway/chain-directory.ts';
import { Router } from '../../../../src/gateway/routing/router.ts';
import { scanResponse } from '../../../../src/protocol/json-rpc/scan-response.ts';
import type { AttemptOutcome } from '../../../../src/providers/upstream-call.ts';
import { silentMetrics } from '../../../../src/telemetry/metrics.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

/** A dispatch that waits for the test to end it. */
export interface FakeAttempt {
  readonly provider: string;
  readonly timeoutMs: number;
  readonly payload: string;
  isCancelled: boolean;
  answer(resultJson: string): void;
  error(code: number, message: string): void;
  fail(failure: Exclude<FailureClass, 'answer'>, sent?: boolean): void;
}

export interface FakeProvider {
  readonly id: string;
  head: number;
  priority: number;
  refusalReason: string | undefined;
  /** Its processes are being started, or it is being checked. */
  isReturning: boolean;
  /** A call finds nobody else. */
  onWanted: () => void;
}

/** A chain whose providers do what the test says, under a clock that the test moves. */
export class FakeChain {
  readonly clock = new ManualClock();
  readonly attempts: FakeAttempt[] = [];
  readonly providers: FakeProvider[];
  /** Floors beside the head's. */
  readonly lines = new Map<string, number>();
  readonly heads = {
    floor: 0,
    floorOf: (line: string) => (line === 'head' ? this.heads.floor : (this.lines.get(line) ?? 0)),
    head: (id: string) => this.providers.find(provider => provider.id === id)?.head,
    isPlausible: (number: number) => this.heads.floor === 0 || number <= this.heads.floor + 64,
    noteAnswered: (number: number, line = 'head') => {
      if (line !== 'head') this.lines.set(line, Math.max(this.lines.get(line) ?? 0, number));
      else this.heads.floor = Math.max(this.heads.floor, number);
    },
  };
  readonly chain: ChainRuntime;
  readonly router: Router;

  constructor(
    count = 3,
    failover: Partial<ChainRuntime['config']['failover']> = {},
    family: ChainFamily = evmFamily,
  ) {
    this.providers = Array.from({ length: count }, (_, index) => ({
      id: `p${index + 1}`,
      head: 0,
      priority: index + 1,
      refusalReason: undefined,
      isReturning: false,
      onWanted: () => {},
    }));
    const table = {
      providers: this.providers.map(provider => this.#asProvider(provider)),
      get: (id: string) => table.providers.find(provider => provider.id === id),
    };
    this.chain = {
      name: 'test',
      identity: '1',
      family,
      config: {
        selection: { strategy: 'priority' },
        failover: {
          deadline: 30_000,
          attempt_share: 0.6,
          max_attempts: 3,
          hedge_min_delay: 100,
          raw_write_timeout: 3_000,
          retry_budget: { ratio: 0.2, minimum: 3 },
          ...failover,
        },
      },
      table,
      heads: this.heads,
      hub: undefined,
      unavailable: undefined,
    } as unknown as ChainRuntime;
    this.router = new Router(this.chain, { clock: this.clock, metrics: silentMetrics, random: () => 0.5 });
  }

  call(method: string, params = '[]', steering: GatewayCall['steering'] = {}): GatewayCall {
    return derivedCall(this.chain, method, Buffer.from(params), {
      clientId: Buffer.from('7'),
      deadline: this.clock.now() + this.chain.config.failover.deadline,
      steering,
    });
  }

  /** Routes a call; the array holds its answer once there is one. */
  route(method: string, params?: string, steering?: GatewayCall['steering']): CallAnswer[] {
    const answers: CallAnswer[] = [];
    this.router.route(this.call(method, params, steering), answer => answers.push(answer));
    return answers;
  }

  /** The attempt that started last. */
  get last(): FakeAttempt {
    return this.attempts.at(-1)!;
  }

  #asProvider(provider: FakeProvider) {
    return {
      id: provider.id,
      weight: 1,
      get priority() {
        return provider.priority;
      },
      get head() {
        return provider.head;
      },
      state: 'up',
      isReturning: () => provider.isReturning,
      want: () => provider.onWanted(),
      latency: () => 0,
      quantile: () => 0,
      refusal: () => (provider.isReturning ? 'breaker_open' : provider.refusalReason),
      attempt: (call: GatewayCall, timeoutMs: number, done: (outcome: AttemptOutcome) => void) => {
        const finish = (body: string): AttemptOutcome & { kind: 'answer' } => {
          const buffer = Buffer.from(body);
          return { kind: 'answer', body: buffer, scanned: scanResponse(buffer)!, durationMs: 1 };
        };
        const attempt: FakeAttempt = {
          provider: provider.id,
          timeoutMs,
          payload: call.payload.toString(),
          isCancelled: false,
          answer: result => done(finish(`{"jsonrpc":"2.0","id":1,"result":${result}}`)),
          error: (code, message) =>
            done(finish(`{"jsonrpc":"2.0","id":1,"error":{"code":${code},"message":"${message}"}}`)),
          fail: (failure, sent = true) =>
            done({
              kind: 'failed',
              failure,
              code: 'connection_failed',
              reason: failure,
              sent,
              durationMs: 1,
            } as unknown as AttemptOutcome),
        };
        this.attempts.push(attempt);
        return () => {
          attempt.isCancelled = true;
        };
      },
    };
  }
}
