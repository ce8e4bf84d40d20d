import type { GenStatem } from '../otp/gen-statem.ts';
import { type NameFields, type ProcessName, processName } from '../otp/process-name.ts';
import { keepState, startIn, toState } from '../otp/statem-events.ts';
import type { Log, LogFields } from '../telemetry/log.ts';
import type { CounterCell } from '../telemetry/metrics.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';

/** How long an open breaker waits; `circuit_breaker` of the config. */
export interface RecoveryOptions {
  /** Milliseconds until the first try. @default 60000 */
  readonly recoveryTimeoutMs: number;
  /** Milliseconds at most: each re-opening doubles the wait. @default 600000 */
  readonly maxRecoveryTimeoutMs: number;
  /** Share by which each wait varies. @default 0.1 */
  readonly jitter: number;
}

export interface BreakerProcessArgs {
  readonly breaker: CircuitBreaker;
  readonly options: RecoveryOptions;
  /** What its log lines carry besides their own fields: which breaker this is, as far as `log` does not say it. */
  readonly fields: LogFields;
  readonly log: Log;
  readonly openings: CounterCell;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Checks the health of what the breaker guards as soon as it opens. @default nobody */
  readonly prober?: ProcessName<never, { readonly type: 'check' }>;
}

/**
 * `opened` and `recovered` come from the breaker itself, `probe_succeeded` from the health process; `reset` closes it by
 * hand.
 */
export type BreakerCast =
  | { readonly type: 'opened'; readonly again: boolean; readonly why: string }
  | { readonly type: 'recovered' }
  | { readonly type: 'probe_succeeded' }
  | { readonly type: 'reset' };

interface Data extends BreakerProcessArgs {
  /** Milliseconds of the next wait, before jitter. */
  readonly waitMs: number;
  /** When an open breaker may let requests through at the earliest, and when it does at the latest. */
  readonly earliestAt: number;
  readonly latestAt: number;
}

/**
 * An open breaker stays so for this many milliseconds, however healthy what it guards looks, doubling as the wait
 * does: bounds the flapping of what answers probes and fails calls.
 */
const SHORTEST_RECOVERY_MS = 5000;

/** The process that owns the breaker of what `guarded` names, such as `{ id: 'storage' }`. */
export const breakerName = (guarded: NameFields & { readonly type?: never }) =>
  processName<never, BreakerCast>({ type: 'circuit_breaker', ...guarded });

/**
 * Owns a circuit breaker: the breaker opens itself in the request's path, the process decides when it lets requests
 * through again: after its wait, or sooner when a health probe succeeds. Takes `opened`, `recovered`,
 * `probe_succeeded`, `reset`. A restart loses how often the wait has doubled; a breaker that
 * was not closed comes back half-open. While the process is down the breaker admits nothing.
 */
export const breakerProcess: GenStatem<
  BreakerProcessArgs,
  'closed' | 'open' | 'half_open',
  Data,
  never,
  BreakerCast
> = {
  label: 'circuit_breaker',

  init(self, args) {
    const { breaker, options } = args;
    const owner = {
      onOpened: (again: boolean, why: string) => self.cast(self.pid, { type: 'opened', again, why }),
      onRecovered: () => self.cast(self.pid, { type: 'recovered' }),
    };
    const state = breaker.own(owner);
    self.system.watch(self.pid, () => breaker.disown(owner));
    return startIn(state, { ...args, waitMs: options.recoveryTimeoutMs, earliestAt: 0, latestAt: 0 });
  },

  handleEvent(event, _state, data, self) {
    const { breaker, options, fields, log } = data;
    if (event.type === 'state_timeout') {
      if (breaker.state !== 'open') return;
      breaker.halfOpen();
      return toState('half_open');
    }
    if (event.type !== 'cast') return;
    const { message } = event;
    if (message.type === 'opened') {
      const waitMs = message.again
        ? Math.min(options.maxRecoveryTimeoutMs, data.waitMs * 2)
        : options.recoveryTimeoutMs;
      const recoveryMs = Math.round(waitMs * (1 + options.jitter * (2 * data.random() - 1)));
      data.openings.inc();
      log.warn('circuit breaker opened', { ...fields, why: message.why, again: message.again, recoveryMs });
      if (data.prober !== undefined) self.cast(data.prober, { type: 'check' });
      const now = self.system.clock.now();
      const reopenings = waitMs / options.recoveryTimeoutMs;
      const earliestAt = now + Math.min(recoveryMs, SHORTEST_RECOVERY_MS * reopenings);
      return toState('open', {
        data: { ...data, waitMs, earliestAt, latestAt: now + recoveryMs },
        stateTimeout: recoveryMs,
      });
    }
    if (message.type === 'probe_succeeded') {
      if (breaker.state !== 'open' || data.earliestAt >= data.latestAt) return;
      const waitMs = Math.max(0, data.earliestAt - self.system.clock.now());
      return keepState({ data: { ...data, latestAt: data.earliestAt }, stateTimeout: waitMs });
    }
    // Between its success and this message the breaker may have failed and opened again.
    if (message.type === 'recovered' && breaker.state !== 'half_open') return;
    breaker.close();
    log.info('circuit breaker closed', { ...fields, by: message.type });
    return toState('closed');
  },

  formatStatus: (state, data) => ({ state, failures: data.breaker.failures }),
};
