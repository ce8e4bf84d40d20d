import { createServer } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';

/**
 * The least that a Node program can do with streams from several providers: `ws` on both sides, the first arrival of an
 * event passed on as it came, told from its duplicates by its own bytes in a set.
 */
const [port, ...upstreamPorts] = process.argv.slice(2).map(Number);
const maxSeen = 10_000;

const server = createServer((_request, response) => response.writeHead(405).end());
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on('connection', client => {
  let seen = new Set<string>();
  let older = seen;
  const upstreams = upstreamPorts.map(
    upstream => new WebSocket(`ws://127.0.0.1:${upstream}/`, { perMessageDeflate: false }),
  );
  client.on('message', async (message: Buffer) => {
    for (const upstream of upstreams) {
      if (upstream.readyState === WebSocket.CONNECTING)
        await new Promise(resolve => upstream.once('open', resolve));
      upstream.send(message, { binary: false });
    }
  });
  for (const upstream of upstreams) {
    upstream.on('message', (message: Buffer) => {
      const key = message.toString('latin1');
      if (seen.has(key) || older.has(key)) return;
      // Two generations: deleting the oldest of one set, one by one, is slow in V8.
      if (seen.size >= maxSeen) [older, seen] = [seen, new Set()];
      seen.add(key);
      client.send(message, { binary: false });
    });
    upstream.on('error', () => client.close());
  }
  client.on('close', () => {
    for (const upstream of upstreams) upstream.close();
  });
});
server.listen(port, '127.0.0.1');
