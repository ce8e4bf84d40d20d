import type { PlainChildSpec } from '../src/otp/child-spec.ts';
import { StartBackoff, startBackoffDefaults } from '../src/storage/runtime/start-backoff.ts';

/**
 * The same child, whose starts pause: at once, then after 1 s, doubling to 30 s while it does not last. So one that
 * cannot start, because its port is taken, or keeps ending, never uses up the restarts that its supervisor allows. The
 * supervisor waits with it, so the child should be its only one.
 */
export function patient(child: PlainChildSpec): PlainChildSpec {
  const backoff = new StartBackoff(startBackoffDefaults);
  return {
    ...child,
    start: async starter => {
      const { clock } = starter.system;
      const delayMs = backoff.next(clock.now());
      if (delayMs > 0) await new Promise<void>(resolve => clock.setTimeout(resolve, delayMs));
      // The supervisor may have been told to end meanwhile.
      if (!starter.system.isAlive(starter.pid)) return { kind: 'error', reason: 'shutdown' };
      const result = await child.start(starter);
      if (result.kind === 'ok') backoff.started(clock.now());
      return result;
    },
  };
}
