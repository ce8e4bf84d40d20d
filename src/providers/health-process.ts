import type { GenServer } from '../otp/gen-server.ts';
import { processName } from '../otp/process-name.ts';
import type { Self, SendTimer } from '../otp/self.ts';
import type { Transport } from './attempt-counters.ts';
import { HeadWatch } from './head-watch.ts';
import { type ChainVerdict, checkHealth, type HealthReport } from './health-check.ts';
import type { HttpTransport } from './http-transport.ts';
import { providerMetrics } from './metrics.ts';
import { ProbeChannel } from './probe-channel.ts';
import type { Provider, ProviderState } from './provider.ts';
import { providerBreakerName } from './provider-breaker-name.ts';
import type { UpstreamSocket } from './upstream-socket.ts';
import { websocketName } from './websocket-process.ts';

/** All from the process itself and from its provider's plain objects, but for `check`: check now. `disconnected`: soon. */
export type HealthCast =
  | { readonly type: 'check' }
  | { readonly type: 'disconnected' }
  | { readonly type: 'checked'; readonly report: HealthReport; readonly signsOfLife: number }
  | { readonly type: 'suspect' }
  | { readonly type: 'suspect_probed'; readonly silent: ReadonlyMap<Transport, number> };

export type HealthInfo = { readonly type: 'check_due' } | { readonly type: 'poll_due' };

type HealthSelf = Self<never, HealthCast, HealthInfo>;

interface State {
  readonly provider: Provider;
  readonly channel: ProbeChannel;
  readonly heads: HeadWatch;
  readonly lost: Record<Transport, number>;
  checkTimer: SendTimer | undefined;
  isChecking: boolean;
  isCheckWanted: boolean;
  isProbingSuspicion: boolean;
}

/** Lost checks in a row after which a transport counts as gone. */
const LOST_LIMIT = 2;
/** After a lost check the next one comes soon: after this many milliseconds, then twice as many, up to the interval. */
const RECHECK_MS = 500;
/** An answer that says nothing, a rate limit for one, has another question follow after this many milliseconds. */
const UNCLEAR_RECHECK_MS = 1000;
/** A WebSocket that ended has a check follow within this many milliseconds: not of all providers at the same time. */
const DISCONNECTED_MS = 250;
/** While a breaker is open, a sound provider is checked at least this often in milliseconds: it may be let in again. */
const OPEN_BREAKER_RECHECK_MS = 5000;
/** A provider that is down is checked at least this often in milliseconds, whoever else serves the calls. */
const DOWN_RECHECK_MS = 5000;
/** Time that a provider under suspicion has to answer, at least: new connections to far ones take a few round trips. */
const SUSPICION_TIMEOUT_MS = 400;
const SUSPICION_LATENCY_FACTOR = 4;
const JITTER = 0.1;

/** The process that checks a provider's health. */
export const healthName = (chain: string, provider: string) =>
  processName<never, HealthCast, HealthInfo>({ type: 'health_probe', chain, provider });

/**
 * Decides a provider's state: no traffic before it is verified which chain it serves, none while it serves another chain, is
 * syncing or does not answer. Follows its head, and has a closer look when its requests go silent. Takes `check`; a
 * restart begins with a check and loses nothing else, the provider keeps its last state meanwhile.
 */
export const healthProcess: GenServer<{ readonly provider: Provider }, State, never, HealthCast, HealthInfo> =
  {
    label: 'health_probe',

    init(self, { provider }) {
      const channel = new ProbeChannel(provider);
      const heads = new HeadWatch(provider, channel);
      const onSuspicion = () => self.cast(self.pid, { type: 'suspect' });
      const onWanted = () => {
        provider.checks.began();
        self.cast(self.pid, { type: 'check' });
      };
      const onConnected = () => self.cast(self.pid, { type: 'check' });
      const onDisconnected = () => self.cast(self.pid, { type: 'disconnected' });
      provider.onSuspicion = onSuspicion;
      provider.onWanted = onWanted;
      if (provider.socket !== undefined) {
        provider.socket.onConnected = onConnected;
        provider.socket.onDisconnected = onDisconnected;
      }
      self.system.watch(self.pid, () => {
        channel.close();
        heads.stop();
        if (provider.onWanted === onWanted) {
          provider.onWanted = () => {};
          provider.checks.ended(provider.clock.now());
        }
        if (provider.onSuspicion === onSuspicion) provider.onSuspicion = () => {};
        if (provider.socket?.onConnected === onConnected) provider.socket.onConnected = () => {};
        if (provider.socket?.onDisconnected === onDisconnected) provider.socket.onDisconnected = () => {};
      });
      self.cast(self.pid, { type: 'check' });
      schedulePoll(self, provider);
      return {
        provider,
        channel,
        heads,
        lost: { http: 0, websocket: 0 },
        checkTimer: undefined,
        isChecking: false,
        isCheckWanted: false,
        isProbingSuspicion: false,
      };
    },

    handleCast(cast, state, self) {
      switch (cast.type) {
        case 'check':
          startCheck(state, self);
          break;
        case 'disconnected':
          state.lost.websocket = 0;
          if (state.isChecking) state.isCheckWanted = true;
          else setCheckTimer(state, self, DISCONNECTED_MS * state.provider.random());
          break;
        case 'checked':
          finishCheck(state, self, cast.report, cast.signsOfLife);
          break;
        case 'suspect':
          lookCloser(state, self);
          break;
        case 'suspect_probed':
          // Handled a turn after the probe ended: an answer that waited in the socket meanwhile has been read by now.
          state.isProbingSuspicion = false;
          if (findStalled(state.provider, cast.silent)) startCheck(state, self);
      }
    },

    handleInfo(info, state, self) {
      if (info.type === 'check_due') startCheck(state, self);
      else if (info.type === 'poll_due') {
        schedulePoll(self, state.provider);
        void state.heads.poll();
      }
    },

    formatStatus: ({ provider }) => ({ state: provider.state, head: provider.head, lag: provider.lag }),
  };

function startCheck(state: State, self: HealthSelf): void {
  const { provider, channel } = state;
  if (state.isChecking) {
    state.isCheckWanted = true;
    return;
  }
  state.isChecking = true;
  if (provider.state === 'down') provider.checks.began();
  state.isCheckWanted = false;
  state.checkTimer?.cancel();
  const { family, identity, chainConfig } = provider.options;
  const transports = transportsOf(provider);
  const signsOfLife = provider.http?.signsOfLife ?? 0;
  const options = { family, identity, timeoutMs: chainConfig.health.probe_timeout };
  checkHealth(channel, transports, options).then(report => {
    if (!self.signal.aborted) self.cast(self.pid, { type: 'checked', report, signsOfLife });
  });
}

function finishCheck(state: State, self: HealthSelf, report: HealthReport, signsBefore: number): void {
  const { provider, lost } = state;
  state.isChecking = false;
  for (const [transport, verdict] of report.verdicts) {
    count(provider, verdict);
    if (verdict.kind === 'lost') lost[transport]++;
    else lost[transport] = 0;
    if (verdict.kind === 'right' && provider.breakers[transport] === 'open')
      self.cast(providerBreakerName(provider.chain, provider.id, transport), { type: 'probe_succeeded' });
    // Requests that are being answered say more than one lost probe.
    const isContradicted = transport === 'http' && provider.http!.signsOfLife !== signsBefore;
    if (verdict.kind === 'lost' && !isContradicted) {
      const breaker = transport === 'http' ? provider.httpBreaker! : provider.socketBreaker!;
      if (breaker.state === 'closed') breaker.failure(breaker.tryAcquire(), verdict.code);
    }
    if (verdict.kind === 'unclear' && verdict.isRateLimited)
      provider.coolDown.limited(provider.clock.now(), undefined);
    const isGone = lost[transport] >= LOST_LIMIT && !isContradicted;
    const trust = verdict.kind === 'right' ? true : verdict.kind === 'wrong' || isGone ? false : undefined;
    if (trust !== undefined) wayOf(provider, transport).isTrusted = trust;
  }
  enter(state, self, report);
  provider.checks.ended(provider.clock.now());
  provider.ownLag = report.blocksBehind;
  if (provider.state === 'up') void state.heads.poll();
  if (state.isCheckWanted) startCheck(state, self);
  else scheduleCheck(state, self, report);
}

function enter({ provider }: State, self: HealthSelf, report: HealthReport): void {
  const before = provider.state;
  const verdicts = [...report.verdicts.values()];
  const wrong = verdicts.find(verdict => verdict.kind === 'wrong');
  const isTrusted = provider.http?.isTrusted === true || provider.socket?.isTrusted === true;
  if (wrong !== undefined) {
    provider.state = 'wrong_chain';
    if (provider.http !== undefined) provider.http.isTrusted = false;
    if (provider.socket !== undefined) provider.socket.isTrusted = false;
    provider.log.error('PROVIDER SERVES ANOTHER CHAIN: it gets no traffic', {
      expected: provider.options.identity,
      reported: wrong.reported,
    });
  } else if (verdicts.some(verdict => verdict.kind === 'right'))
    provider.state = report.isSyncing ? 'syncing' : 'up';
  else if (
    !isTrusted &&
    (before === 'up' || before === 'syncing' || verdicts.some(verdict => verdict.kind === 'lost'))
  ) {
    provider.state = 'down';
  }
  if (provider.state === before) return;
  // It answers again: its WebSocket need not wait for the end of its pause.
  if (before === 'down' && provider.socket?.isConnected === false)
    self.cast(websocketName(provider.chain, provider.id), { type: 'connect_now' });
  const reasons = verdicts.flatMap(verdict => ('reason' in verdict ? [verdict.reason] : []));
  provider.onState({ provider: provider.id, before, state: provider.state, reasons });
  if (wrong === undefined) announce(provider, before, reasons);
}

function announce(provider: Provider, before: ProviderState, reasons: readonly string[]): void {
  const fields = { before, state: provider.state, ...(reasons.length === 0 ? {} : { reasons }) };
  if (provider.state === 'up') provider.log.info('provider is up', fields);
  else provider.log.warn('provider takes no traffic', fields);
}

function scheduleCheck(state: State, self: HealthSelf, report: HealthReport): void {
  const { provider, lost } = state;
  const { probe_interval: intervalMs } = provider.options.chainConfig.health;
  const isSound = [...report.verdicts.values()].every(
    verdict => verdict.kind === 'right' || verdict.kind === 'wrong',
  );
  const losses = Math.max(lost.http, lost.websocket);
  let waitMs = intervalMs;
  if (!isSound) waitMs = losses === 0 ? UNCLEAR_RECHECK_MS : RECHECK_MS * 2 ** Math.min(losses - 1, 20);
  else if (Object.values(provider.breakers).includes('open')) waitMs = OPEN_BREAKER_RECHECK_MS;
  if (provider.state === 'down') waitMs = Math.min(waitMs, DOWN_RECHECK_MS);
  setCheckTimer(state, self, jittered(provider, Math.min(intervalMs, waitMs)));
}

function setCheckTimer(state: State, self: HealthSelf, waitMs: number): void {
  state.checkTimer?.cancel();
  state.checkTimer = self.sendAfter(waitMs, { type: 'check_due' });
}

function schedulePoll(self: HealthSelf, provider: Provider): void {
  self.sendAfter(jittered(provider, provider.options.chainConfig.health.head_poll_interval), {
    type: 'poll_due',
  });
}

function lookCloser(state: State, self: HealthSelf): void {
  const { provider, channel } = state;
  if (state.isProbingSuspicion) return;
  state.isProbingSuspicion = true;
  const { probes } = provider.options.family;
  const usual = SUSPICION_LATENCY_FACTOR * provider.scores.all.sketch.p50;
  const longest = provider.options.chainConfig.health.probe_timeout;
  const timeoutMs = Math.min(longest, Math.max(SUSPICION_TIMEOUT_MS, usual));
  const silent = new Map<Transport, number>();
  // All of them, not the suspect alone: what one transport is refused goes over the other at once.
  const asked = transportsOf(provider).map(async transport => {
    const { signsOfLife } = wayOf(provider, transport);
    const result = await channel.ask(probes.identity, transport, timeoutMs);
    // A WebSocket that ended meanwhile is not silent but gone: its process looks after it.
    if (result.kind === 'lost' && result.code !== 'websocket_closed') silent.set(transport, signsOfLife);
  });
  Promise.all(asked).then(() => {
    if (!self.signal.aborted) self.cast(self.pid, { type: 'suspect_probed', silent });
  });
}

/** Opens the breaker of each transport that gave no answer at all since its count of them was `silent`. */
function findStalled(provider: Provider, silent: ReadonlyMap<Transport, number>): boolean {
  let isAny = false;
  for (const [transport, signsBefore] of silent) {
    const target = wayOf(provider, transport);
    if (target.signsOfLife !== signsBefore) continue;
    provider.log.warn('provider is silent under load, its breaker opens', {
      transport,
      inFlight: target.inFlight,
    });
    provider.stalled(transport);
    isAny = true;
  }
  return isAny;
}

function wayOf(provider: Provider, transport: Transport): HttpTransport | UpstreamSocket {
  return transport === 'http' ? provider.http! : provider.socket!;
}

function transportsOf(provider: Provider): Transport[] {
  const transports: Transport[] = [];
  if (provider.http !== undefined) transports.push('http');
  // A WebSocket that is not connected yet says so itself when it is.
  if (provider.socket?.isConnected === true) transports.push('websocket');
  return transports;
}

function jittered(provider: Provider, ms: number): number {
  return ms * (1 + JITTER * (2 * provider.random() - 1));
}

function count(provider: Provider, verdict: ChainVerdict): void {
  const labels = { chain: provider.chain, provider: provider.id, probe: 'identity', result: verdict.kind };
  provider.metrics.counter(providerMetrics.probes, labels).inc();
}
