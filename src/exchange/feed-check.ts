import type { EventLog } from '../feed/log/event-log.ts';
import type { HealthCheck } from '../telemetry/health-registry.ts';
import type { ChainAssembly } from './chain-assembly.ts';

/** Whether events flow: `degraded` while the log is not open or takes nothing, and when the feed of a chain stands still. */
export function feedCheck(eventLog: EventLog, chains: () => Iterable<ChainAssembly>): HealthCheck {
  return () => {
    if (!eventLog.isOpen) return { status: 'degraded', reason: 'the event log is not open' };
    const stalled: Record<string, number> = {};
    for (const { runtime, events } of chains()) {
      const { stalledBy } = events;
      if (stalledBy > 0) stalled[runtime.name] = stalledBy;
    }
    const { head, backlogBytes } = eventLog.stats();
    const details = { head, backlogBytes, stalled };
    if (eventLog.isPressed) return { status: 'degraded', reason: 'events wait to be stored', details };
    const names = Object.keys(stalled);
    if (names.length === 0) return { status: 'ok', details };
    return { status: 'degraded', reason: `the feed stands still: ${names.join(', ')}`, details };
  };
}
