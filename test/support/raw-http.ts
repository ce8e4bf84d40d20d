import { connect, type Socket } from 'node:net';

/** Opens a connection, writes `bytes` as they are, and resolves with everything that came back until the server closed it, or `untilMs` passed. */
export function exchangeBytes(port: number, bytes: string | Buffer, untilMs = 5_000): Promise<string> {
  return new Promise(resolve => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    const finish = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(Buffer.concat(chunks).toString('latin1'));
    };
    const timer = setTimeout(finish, untilMs);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', finish);
    socket.on('close', finish);
  });
}

/** Completes a WebSocket handshake by hand and returns the socket, for frames that no client library would send. */
export function openRawWebSocket(
  port: number,
  path: string,
  extraHeaders: readonly string[] = [],
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      const lines = [
        `GET ${path} HTTP/1.1`,
        'Host: 127.0.0.1',
        'Upgrade: websocket',
        'Connection: Upgrade',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        'Sec-WebSocket-Version: 13',
        ...extraHeaders,
      ];
      socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    });
    socket.once('error', reject);
    socket.once('data', chunk => {
      if (chunk.toString('latin1').startsWith('HTTP/1.1 101')) resolve(socket);
      else reject(new Error(chunk.toString('latin1').split('\r\n', 1)[0]));
    });
  });
}

/** The close code in the first close frame (RFC 6455, 5.5.1) that the server sends, or `undefined` when it just hangs up. */
export function closeCodeOf(socket: Socket): Promise<number | undefined> {
  return new Promise(resolve => {
    let received = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const at = received.indexOf(0x88);
      if (at >= 0 && received.length >= at + 4) {
        resolve(received.readUInt16BE(at + 2));
        socket.destroy();
      }
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(undefined));
  });
}

/** A frame of a client: masked unless told otherwise. */
export function frame(firstByte: number, payload: Buffer, masked = true): Buffer {
  const length =
    payload.length < 126
      ? Buffer.from([(masked ? 0x80 : 0) | payload.length])
      : Buffer.from([(masked ? 0x80 : 0) | 126, payload.length >> 8, payload.length & 255]);
  // A mask of zeros leaves the payload as it is.
  return Buffer.concat([
    Buffer.from([firstByte]),
    length,
    masked ? Buffer.alloc(4) : Buffer.alloc(0),
    payload,
  ]);
}
