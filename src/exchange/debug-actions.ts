import { Session } from 'node:inspector/promises';
import v8 from 'node:v8';
import type { Clock } from '../clock/clock.ts';
import { TrunklineError } from '../errors/trunkline-error.ts';
import type { AdminAction } from '../gateway/admin-routes.ts';
import type { MetricRegistry } from '../telemetry/metrics.ts';
import { asBody, integer } from './admin-body.ts';
import { exchangeErrors } from './errors.ts';

export interface DebugActionDependencies {
  readonly clock: Clock;
  readonly metrics: MetricRegistry;
}

/** What `GET /admin/debug/metrics` answers. */
export interface RuntimeDump {
  /** Wall-clock milliseconds. */
  readonly at: number;
  readonly node: string;
  readonly pid: number;
  readonly uptimeSeconds: number;
  /** Seconds of processor time. */
  readonly cpu: { readonly user: number; readonly system: number };
  /** Bytes. */
  readonly memory: Readonly<Record<string, number>>;
  /** Of V8, bytes and counts. */
  readonly heap: Readonly<Record<string, number>>;
  /** Of each space of the heap, the bytes in use. */
  readonly heapSpaces: Readonly<Record<string, number>>;
  /** What keeps the event loop alive: how many of each kind, timers among them. */
  readonly handles: Readonly<Record<string, number>>;
  /** What `/metrics` says, event loop delay and pauses of the garbage collector among it. */
  readonly metrics: string;
}

/** Microseconds between two samples. */
const samplingInterval = 1_000;

/** What people look at when Trunkline is slow. */
export function debugActions({ clock, metrics }: DebugActionDependencies): AdminAction[] {
  let isProfiling = false;
  return [
    {
      method: 'POST',
      path: 'debug/profile',
      run: async input => {
        const seconds = integer(asBody(input), 'seconds', { min: 1, max: 60, fallback: 10 });
        if (isProfiling)
          throw new TrunklineError(exchangeErrors, 'profile_running', 'a CPU profile is being taken already');
        isProfiling = true;
        const session = new Session();
        try {
          session.connect();
          await session.post('Profiler.enable');
          await session.post('Profiler.setSamplingInterval', { interval: samplingInterval });
          await session.post('Profiler.start');
          await new Promise<void>(resolve => clock.setTimeout(resolve, seconds * 1_000));
          return await session.post('Profiler.stop');
        } finally {
          session.disconnect();
          isProfiling = false;
        }
      },
    },
    {
      method: 'GET',
      path: 'debug/metrics',
      run: async (): Promise<RuntimeDump> => {
        const { user, system } = process.cpuUsage();
        return {
          at: clock.wallNow(),
          node: process.version,
          pid: process.pid,
          uptimeSeconds: Math.round(process.uptime()),
          cpu: { user: user / 1e6, system: system / 1e6 },
          memory: { ...process.memoryUsage() },
          heap: { ...v8.getHeapStatistics() },
          heapSpaces: Object.fromEntries(
            v8
              .getHeapSpaceStatistics()
              .map(({ space_name, space_used_size }) => [space_name, space_used_size]),
          ),
          handles: counted(process.getActiveResourcesInfo()),
          metrics: await metrics.expose(),
        };
      },
    },
  ];
}

function counted(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
