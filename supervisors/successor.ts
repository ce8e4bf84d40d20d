import type { PlainChildSpec } from '../src/otp/child-spec.ts';
import type { Pid } from '../src/otp/pid.ts';
import type { ProcessSystem } from '../src/otp/process-system.ts';

/** How long what a killed supervisor left behind may take to end before it is killed too. */
const orphanGraceMs = 5_000;

/**
 * The same child, started only once what a killed predecessor left behind has ended. A supervisor that is killed cannot
 * stop its children: they end because they are linked to it, each in its own time, and until then they hold the names
 * and ports that their successors want. Failed starts would use up the restarts that the supervisor above allows.
 */
export function successor(child: PlainChildSpec): PlainChildSpec {
  return {
    ...child,
    start: async starter => {
      await orphansEnded(starter.system);
      return child.start(starter);
    },
  };
}

/** Settles when every process that was started by another has that other alive; the end of one may orphan more. */
async function orphansEnded(system: ProcessSystem): Promise<void> {
  for (;;) {
    const orphans = [...system.processes()].filter(
      ({ parent }) => parent !== undefined && !system.isAlive(parent),
    );
    if (orphans.length === 0) return;
    await Promise.all(orphans.map(({ pid }) => ended(system, pid)));
  }
}

function ended(system: ProcessSystem, pid: Pid): Promise<void> {
  return new Promise(resolve => {
    const timer = system.clock.setTimeout(() => system.exit(pid, 'kill'), orphanGraceMs);
    system.watch(pid, () => {
      system.clock.clearTimeout(timer);
      resolve();
    });
  });
}
