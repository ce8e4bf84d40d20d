import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { AdminClient } from '../../../src/cli/admin-client.ts';
import { findFreePort } from '../../../src/devnet/free-port.ts';

/** A server that answers everything alike, and a client of it. */
async function answering(t: TestContext, status: number, body: string) {
  const requests: { request: IncomingMessage; body: string }[] = [];
  const server = createServer(async (request, response) => {
    let received = '';
    for await (const chunk of request) received += chunk;
    requests.push({ request, body: received });
    response.writeHead(status).end(body);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const env = { TRUNKLINE_ADMIN_TOKEN: 'the-token' };
  return { client: new AdminClient({ host: '127.0.0.1', port, env }), requests };
}

describe('AdminClient', () => {
  it('sends the token and the body, and returns the answer', async t => {
    const { client, requests } = await answering(t, 200, '{"ok":true}');
    assert.deepEqual(await client.call('POST', 'devnet/heal', { chain: 'devnet' }), { ok: true });
    const [{ request, body } = assert.fail()] = requests;
    assert.deepEqual(
      [request.method, request.url, body],
      ['POST', '/admin/devnet/heal', '{"chain":"devnet"}'],
    );
    assert.equal(request.headers.authorization, 'Bearer the-token');
  });

  it('hands on why a request was refused', async t => {
    const { client } = await answering(t, 400, '{"error":{"code":"x","message":"there is no such chain"}}');
    await assert.rejects(client.call('GET', 'tree'), {
      code: 'admin_refused',
      message: 'there is no such chain',
    });
    const silent = await answering(t, 503, '{}');
    await assert.rejects(silent.client.call('GET', 'tree'), { code: 'admin_refused', message: 'HTTP 503' });
  });

  it('says that the token is wrong', async t => {
    const { client } = await answering(t, 401, '{}');
    await assert.rejects(client.call('GET', 'tree'), { code: 'admin_token_missing' });
  });

  it('takes a server that is no Trunkline for none', async t => {
    for (const body of ['<html></html>', '', 'null', '[]x']) {
      const { client } = await answering(t, 200, body);
      await assert.rejects(client.call('GET', 'tree'), { code: 'trunkline_unreachable' }, body);
    }
  });

  it('says that nobody answers, on IPv6 addresses too', async () => {
    const port = await findFreePort('127.0.0.1');
    for (const [host, shown] of [
      ['127.0.0.1', '127.0.0.1'],
      ['::1', '[::1]'],
    ] as const) {
      const client = new AdminClient({ host, port, env: { TRUNKLINE_ADMIN_TOKEN: 'x' } });
      await assert.rejects(client.call('GET', 'tree'), {
        code: 'trunkline_unreachable',
        message: `no Trunkline answers on ${shown}:${port} (connection refused); start one with \`npm start\`, or name its port with --port`,
      });
    }
  });

  it('says that an answer did not come in time', async t => {
    const server = createServer(() => {});
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const env = { TRUNKLINE_ADMIN_TOKEN: 'x' };
    const client = new AdminClient({ host: '127.0.0.1', port, env, timeoutMs: 50 });
    await assert.rejects(client.call('GET', 'tree'), { message: /\(no answer within 0\.05 s\)/ });
  });
});
