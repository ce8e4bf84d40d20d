import type { Clock } from '../../clock/clock.ts';
import { ProgressWatch, type WrittenTarget } from './progress-watch.ts';

const lookEveryMs = 5_000;
const longestMs = 30_000;

/**
 * Waits while a client reads up to the last thing that was written to it, and cuts it off when it takes nothing for five
 * seconds, or needs more than thirty.
 *
 * @returns a way to stop, for when the connection has ended by itself
 */
export function cutWhenStuck(target: WrittenTarget | undefined, clock: Clock, cut: () => void): () => void {
  const progress = target === undefined ? undefined : new ProgressWatch(target);
  progress?.hasMoved();
  const end = clock.now() + longestMs;
  const timer = clock.setInterval(() => {
    if (progress?.hasMoved() === true && clock.now() < end) return;
    clock.clearInterval(timer);
    cut();
  }, lookEveryMs);
  return () => clock.clearInterval(timer);
}
