import { createServer } from 'node:http';
import { Pool } from 'undici';

/** The least that a Node program can do as an HTTP proxy: node:http in front, undici behind, bytes passed through. */
const [port, upstreamPort] = process.argv.slice(2).map(Number);
const pool = new Pool(`http://127.0.0.1:${upstreamPort}`, { connections: 256, pipelining: 1 });
const headers = ['content-type', 'application/json'];

const server = createServer({ keepAliveTimeout: 65_000, noDelay: true }, (request, response) => {
  if (request.method !== 'POST') {
    response.writeHead(405).end();
    return;
  }
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const answer: Buffer[] = [];
    let status = 0;
    pool.dispatch(
      { path: '/', method: 'POST', headers, body: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks) },
      {
        onRequestStart() {},
        onResponseStart(_controller, code) {
          status = code;
        },
        onResponseData(_controller, chunk) {
          answer.push(chunk);
        },
        onResponseEnd() {
          const body = answer.length === 1 ? answer[0]! : Buffer.concat(answer);
          response
            .writeHead(status, ['Content-Type', 'application/json', 'Content-Length', String(body.length)])
            .end(body);
        },
        onResponseError() {
          response.writeHead(502, ['Content-Length', '0']).end();
        },
      },
    );
  });
});
server.listen(port, '127.0.0.1', 4096);
