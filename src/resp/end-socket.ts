import type { Socket } from 'node:net';
import type { Clock } from '../clock/clock.ts';

/** How long a client gets to take the last replies, and then to close the connection, before it is cut. */
const lastRepliesMs = 30_000;
const lingerMs = 1000;

/**
 * Ends a connection so that the last replies arrive: what still comes is thrown away, for bytes that nobody reads would
 * make the system reset the connection, and the client lose the replies.
 */
export function endSocket(socket: Socket, clock: Clock): void {
  let timer = clock.setTimeout(() => socket.destroy(), lastRepliesMs);
  socket.end(() => {
    clock.clearTimeout(timer);
    timer = clock.setTimeout(() => socket.destroy(), lingerMs);
  });
  socket.once('close', () => clock.clearTimeout(timer));
  socket.resume();
}
