import type { ConfigPath, Finding } from '../diagnostic.ts';
import type { ChainConfig } from '../sections/chain.ts';
import { formatDuration } from '../values/duration.ts';
import type { Check } from './check.ts';

/** Events a second that a busy chain is assumed to send, with logs and pending transactions subscribed. */
const busyEventsPerSecond = 1000;

/** An attempt with less time than this fails over networks that are merely far away. */
const shortestAttemptMs = 100;

/** The tuning of a chain does not contradict itself. A finding about a value from `defaults` is told once. */
export const checkTuning: Check = ({ config }) =>
  Object.entries(config.chains).flatMap(([name, chain]) => [
    ...checkBounds(chain, ['chains', name]),
    ...checkAttempts(chain, ['chains', name]),
    ...checkWindow(chain, ['chains', name]),
  ]);

const bounds = [
  ['circuit_breaker', 'recovery_timeout', 'max_recovery_timeout'],
  ['websocket', 'reconnect_min', 'reconnect_max'],
  ['failover', 'cooldown', 'max_cooldown'],
] as const;

function checkBounds(chain: ChainConfig, path: ConfigPath): Finding[] {
  const findings: Finding[] = [];
  for (const [section, low, high] of bounds) {
    const values: Readonly<Record<string, unknown>> = chain[section];
    if (Number(values[low]) <= Number(values[high])) continue;
    findings.push({
      code: 'config_conflict',
      message: `\`${section}.${low}\` (${formatDuration(Number(values[low]))}) is above \`${high}\` (${formatDuration(Number(values[high]))})`,
      hint: `raise \`${high}\` or lower \`${low}\``,
      path: [...path, section, low],
      involves: [[...path, section, high]],
    });
  }
  if (chain.health.probe_timeout > chain.health.probe_interval) {
    findings.push({
      severity: 'warning',
      code: 'config_suspicious',
      message: '`health.probe_timeout` is longer than `probe_interval`: probes of one provider would overlap',
      hint: 'a probe that still runs when the next is due is not repeated',
      path: [...path, 'health', 'probe_timeout'],
      involves: [[...path, 'health', 'probe_interval']],
    });
  }
  return findings;
}

function checkAttempts(chain: ChainConfig, path: ConfigPath): Finding[] {
  const { deadline, attempt_share: share, max_attempts: attempts } = chain.failover;
  const section = [...path, 'failover'];
  const involves = [
    [...section, 'deadline'],
    [...section, 'max_attempts'],
  ];
  const possible = Math.max(1, Math.min(attempts, chain.devnet?.providers ?? chain.providers.length));
  if (possible === 1) return [];
  const lastMs = deadline * (1 - share) ** (possible - 1);
  if (lastMs >= shortestAttemptMs) return [];
  return [
    {
      severity: 'warning',
      code: 'config_suspicious',
      message: `attempts that each use their ${share} of the time leave ${formatDuration(Math.floor(lastMs))} to attempt ${possible} of \`failover\``,
      hint: 'lower `attempt_share` or `max_attempts`, or raise `deadline`',
      path: [...section, 'attempt_share'],
      involves,
    },
  ];
}

function checkWindow(chain: ChainConfig, path: ConfigPath): Finding[] {
  const { deduplication_window: windowMs, max_cache_size: size } = chain.aggregation;
  const needed = Math.ceil((windowMs / 1000) * busyEventsPerSecond);
  if (needed <= size) return [];
  return [
    {
      severity: 'warning',
      code: 'config_suspicious',
      message: `a \`deduplication_window\` of ${formatDuration(windowMs)} needs about ${needed} entries on a busy chain, \`max_cache_size\` holds ${size}: repetitions may pass`,
      hint: `raise \`max_cache_size\` to ${needed} or shorten the window`,
      path: [...path, 'aggregation', 'deduplication_window'],
      involves: [[...path, 'aggregation', 'max_cache_size']],
    },
  ];
}
