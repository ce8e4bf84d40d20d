import type { Socket } from 'node:net';

/**
 * Ends a connection with a reset (RST), as a machine that crashed does. One whose own end is being sent is only closed:
 * libuv refuses to reset it (`EINVAL`), and Node then never lets go of it, nor ends the process
 * (`uv_tcp_close_reset`, https://docs.libuv.org/en/v1.x/tcp.html).
 */
export function resetSocket(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}
