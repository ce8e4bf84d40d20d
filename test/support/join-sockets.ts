import type { Socket } from 'node:net';

/**
 * Passes bytes on both ways until one of the two sockets closes, which closes the other.
 *
 * @param open holds both sockets while they are open
 */
export function joinSockets(client: Socket, upstream: Socket, open: Set<Socket>): void {
  for (const [from, to] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    open.add(from);
    from.on('error', () => {});
    from.on('close', () => {
      open.delete(from);
      to.destroy();
    });
    from.pipe(to);
  }
}
