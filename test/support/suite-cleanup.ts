import { after } from 'node:test';
import type { Cleanup } from './devnet.ts';

/** Ends what the tests of a block share, behind the last of them, the newest first. To be called in `describe`. */
export function suiteCleanup(): Cleanup {
  const ends: Parameters<Cleanup['after']>[0][] = [];
  after(async () => {
    for (const end of ends.reverse()) await end();
  });
  return { after: end => void ends.push(end) };
}
