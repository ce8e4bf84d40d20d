import { createServer, type ServerHttp2Stream } from 'node:http2';
import type { GeyserReplayReport } from '../solana/geyser-replay.ts';
import { UpdateReplay } from '../solana/replayed-updates.ts';

/**
 * A Geyser endpoint that sends transactions as fast as its client reads them. HTTP/2 without a gRPC library: many messages
 * go into one write, so that the client is the slower one.
 */
const firstSlot = 300_000_000;
/** gRPC's code for a method that there is not. */
const unimplemented = '12';
const perWrite = 64;
const path = '/geyser.Geyser/Subscribe';

let sent = 0;
let waitedMs = 0;
/** Since when it cannot write; undefined: it can. */
let waitsSince: number | undefined;

const server = createServer();
server.on('session', session => session.on('error', () => {}));
server.on('stream', (stream: ServerHttp2Stream, headers) => {
  stream.on('error', () => {});
  const head = { ':status': 200, 'content-type': 'application/grpc' };
  if (headers[':path'] !== path) {
    stream.respond({ ...head, 'grpc-status': unimplemented }, { endStream: true });
    return;
  }
  stream.respond(head);
  // What it asks for is known; pings need no answer while updates come.
  stream.once('data', () => replay(stream));
  stream.on('data', () => {});
});

function replay(stream: ServerHttp2Stream): void {
  const updates = new UpdateReplay(firstSlot);
  const send = (): void => {
    while (!stream.destroyed) {
      const hasRoom = stream.write(updates.next(perWrite));
      sent += perWrite;
      if (hasRoom) continue;
      waitsSince = performance.now();
      stream.once('drain', () => {
        waitedMs += waitTime();
        waitsSince = undefined;
        send();
      });
      return;
    }
  };
  send();
}

const waitTime = (): number => (waitsSince === undefined ? 0 : performance.now() - waitsSince);

process.on('disconnect', () => process.exit());
process.on('message', () =>
  process.send?.({ sent, waitedMs: waitedMs + waitTime() } satisfies GeyserReplayReport),
);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
});
