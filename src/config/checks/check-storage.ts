import { isLoopback } from '../../security/is-loopback.ts';
import type { Finding } from '../diagnostic.ts';
import { formatDuration } from '../values/duration.ts';
import type { Check } from './check.ts';

/** The storage runtime is not open to strangers, has no faults in production, and its bounds do not contradict. */
export const checkStorage: Check = ({ config: { storage, server }, isProduction }) => {
  if (storage === undefined) return [];
  const findings: Finding[] = [];
  const { resp, readers, retry, circuit_breaker: breaker } = storage;
  if (resp.port !== undefined && !isLoopback(resp.host) && resp.password === undefined) {
    findings.push({
      code: 'config_conflict',
      message: `the RESP port on ${resp.host} would be open to everybody who reaches it`,
      hint: 'set `storage.resp.password`, or listen on 127.0.0.1',
      path: ['storage', 'resp', 'host'],
      involves: [['storage', 'resp', 'password']],
    });
  }
  for (const key of ['port', 'ws_port'] as const) {
    if (resp.port === undefined || resp.port === 0 || resp.port !== server[key]) continue;
    findings.push({
      code: 'config_conflict',
      message: `port ${resp.port} is already \`server.${key}\``,
      hint: 'give the RESP port a number of its own; Redis uses 6379',
      path: ['storage', 'resp', 'port'],
      involves: [['server', key]],
    });
  }
  if (storage.fault_injection !== undefined && isProduction) {
    findings.push({
      code: 'config_conflict',
      message: '`storage.fault_injection` is set, and NODE_ENV is `production`',
      hint: 'remove the section: it makes storage calls fail on purpose',
      path: ['storage', 'fault_injection'],
      at: 'key',
    });
  }
  const bounds = [
    ['readers', 'min', readers.min, 'max', readers.max],
    ['readers', 'scale_down_at', readers.scale_down_at, 'scale_up_at', readers.scale_up_at],
    ['retry', 'min_delay', retry.min_delay, 'max_delay', retry.max_delay],
    [
      'circuit_breaker',
      'recovery_timeout',
      breaker.recovery_timeout,
      'max_recovery_timeout',
      breaker.max_recovery_timeout,
    ],
  ] as const;
  for (const [section, low, lowValue, high, highValue] of bounds) {
    if (lowValue <= highValue) continue;
    const show = section === 'readers' ? String : formatDuration;
    const key = (name: string) => `\`storage.${section}.${name}\``;
    findings.push({
      code: 'config_conflict',
      message: `${key(low)} (${show(lowValue)}) is above ${key(high)} (${show(highValue)})`,
      hint: `raise ${key(high)} or lower ${key(low)}`,
      path: ['storage', section, low],
      involves: [['storage', section, high]],
    });
  }
  return findings;
};
