import { createServer } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { EventPublisher, type PublishCommand } from '../harness/event-publisher.ts';
import { memoryNow } from '../harness/memory.ts';

/** Fan-out as everybody writes it first: `ws.send` to each client that has asked for anything. */
const clients = new Set<WebSocket>();
const server = createServer((_request, response) => response.writeHead(405).end());
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on('connection', client => {
  client.on('message', (message: Buffer) => {
    clients.add(client);
    const { id } = JSON.parse(message.toString()) as { id: number };
    client.send(JSON.stringify({ jsonrpc: '2.0', id, result: true }));
  });
  client.on('close', () => clients.delete(client));
  client.on('error', () => {});
});

const publisher = new EventPublisher(events => {
  for (const event of events) for (const client of clients) client.send(event, { binary: false });
});

process.on('disconnect', () => process.exit());
process.on('message', (command: PublishCommand | { readonly kind: 'memory' }) => {
  if (command.kind === 'memory') process.send?.({ kind: 'memory', memory: memoryNow() });
  else publisher.command(command);
  if (command.kind === 'stop') process.send?.({ kind: 'stop', sent: publisher.sent });
});
server.listen(0, '127.0.0.1', 4096, () => {
  const address = server.address();
  process.send?.({ kind: 'ready', port: typeof address === 'object' ? address?.port : undefined });
});
