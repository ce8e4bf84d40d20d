import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Ports below every common ephemeral range (Linux 32768, macOS and Windows 49152). A port that the kernel hands
 * out by itself is unusable here: while a provider is killed, the kernel may give its port to an outgoing
 * connection (so that it cannot be healed), even to one that connects to that port (which then talks to itself).
 */
const lowest = 20_000;
const highest = 32_000;

/** A random port that a listener may be tried on; nothing is reserved. */
export function randomPort(): number {
  return randomInt(lowest, highest);
}

/** Returns a loopback port that was free a moment ago; whoever uses it must cope with losing the race. */
export async function findFreePort(host: string): Promise<number> {
  for (;;) {
    const port = randomPort();
    const free = await new Promise<boolean>(resolve => {
      const probe = createServer();
      probe.once('error', () => resolve(false));
      probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
}
