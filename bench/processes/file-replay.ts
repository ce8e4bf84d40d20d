import { createReadStream } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ServerCommand } from '../harness/feed-target.ts';
import { stampedEvent } from '../harness/stamp.ts';

/** A history as everybody writes it first: events of one length in a file, read for each client and sent with `ws.send`. */
const file = join(process.argv[2]!, 'events');
const pageBytes = 256 * 1024;
const mostBuffered = 1024 * 1024;
const batchEvents = 2_000;
let eventBytes = 0;

const server = createServer((_request, response) => response.writeHead(405).end());
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on('connection', client => {
  client.on('error', () => {});
  client.on('message', (message: Buffer) => {
    const { id } = JSON.parse(message.toString()) as { id: number };
    client.send(JSON.stringify({ jsonrpc: '2.0', id, result: true }));
    void replay(client);
  });
});

async function replay(client: WebSocket): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const page of createReadStream(file, { highWaterMark: pageBytes }) as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? page : Buffer.concat([rest, page]);
    let at = 0;
    for (; at + eventBytes <= bytes.length; at += eventBytes)
      client.send(bytes.subarray(at, at + eventBytes), { binary: false });
    rest = bytes.subarray(at);
    while (client.bufferedAmount > mostBuffered && client.readyState === client.OPEN)
      await new Promise(resolve => setImmediate(resolve));
  }
}

async function fill(events: number, bytes: number): Promise<void> {
  eventBytes = bytes;
  for (let made = 0; made < events; ) {
    const some: Buffer[] = [];
    while (some.length < batchEvents && made < events) some.push(stampedEvent(bytes, ++made));
    await appendFile(file, Buffer.concat(some));
  }
}

process.on('disconnect', () => process.exit());
process.on('message', async (command: ServerCommand) => {
  if (command.kind !== 'fill') return;
  await fill(command.events, command.bytes);
  process.send?.({ kind: 'fill' });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ kind: 'ready', port: typeof address === 'object' ? address?.port : undefined });
});
