import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { exchangeBytes } from '../../support/raw-http.ts';
import { startStubbedTrunkline } from '../../support/stubbed-trunkline.ts';

const call = '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}';
const post = (extra: string, body = call) =>
  `POST /rpc/test HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n${extra}Content-Length: ${body.length}\r\n\r\n${body}`;

describe('hostile HTTP', () => {
  it('ends slow headers and a slow body with 408 [attack 11]', async t => {
    const { trunkline } = await startStubbedTrunkline(t, {
      server: '{ headers_timeout: 1s, request_body_timeout: 1s }',
    });
    const { port } = trunkline.exchange;
    const [headers, body] = await Promise.all([
      exchangeBytes(port, 'POST /rpc/test HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ', 8_000),
      exchangeBytes(
        port,
        'POST /rpc/test HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{',
        8_000,
      ),
    ]);
    assert.match(headers, /^HTTP\/1\.1 408/);
    assert.match(body, /^HTTP\/1\.1 408/);
  });

  it('refuses Content-Length together with Transfer-Encoding [attack 12]', async t => {
    const { trunkline, stubs } = await startStubbedTrunkline(t);
    const before = stubs[0]!.requests.length;
    const smuggled = post('Transfer-Encoding: chunked\r\n', `0\r\n\r\n${post('')}`);
    const answer = await exchangeBytes(trunkline.exchange.port, smuggled, 2_000);
    assert.match(answer, /^HTTP\/1\.1 400/);
    assert.equal(
      stubs[0]!.requests.slice(before).filter(request => request.method === 'eth_chainId').length,
      0,
    );
  });

  it('refuses a foreign Host on a loopback listener [attack 13]', async t => {
    const { trunkline } = await startStubbedTrunkline(t);
    const { port } = trunkline.exchange;
    const evil = post('Connection: close\r\n').replace('Host: 127.0.0.1', 'Host: evil.example');
    assert.match(await exchangeBytes(port, evil), /^HTTP\/1\.1 403/);
    assert.match(
      await exchangeBytes(port, evil.replace('POST /rpc/test', 'POST /admin/devnet/heal')),
      /^HTTP\/1\.1 403/,
    );
    assert.match(await exchangeBytes(port, post('Connection: close\r\n')), /^HTTP\/1\.1 200/);
  });

  it('answers CORS only for listed origins and never `*` with credentials [attack 15]', async t => {
    const closed = await startStubbedTrunkline(t);
    const refused = await closed.post(call, { origin: 'https://evil.example' });
    assert.equal(refused.status, 403);
    assert.equal(refused.headers.get('access-control-allow-origin'), null);
    const open = await startStubbedTrunkline(t, { server: '{ cors: { origins: ["*"] } }' });
    const allowed = await open.post(call, { origin: 'https://app.example' });
    assert.equal(allowed.headers.get('access-control-allow-origin'), '*');
    assert.equal(allowed.headers.get('access-control-allow-credentials'), null);
    const preflight = await fetch(`${open.trunkline.url}/rpc/test`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    });
    assert.equal(preflight.status, 204);
    assert.match(preflight.headers.get('access-control-allow-headers') ?? '', /content-type/);
  });

  it('keeps the admin API shut without the token', async t => {
    const { trunkline } = await startStubbedTrunkline(t);
    const get = (headers: Record<string, string>) => fetch(`${trunkline.url}/admin/tree`, { headers });
    assert.equal((await get({})).status, 401);
    assert.equal((await get({ authorization: 'Bearer wrong' })).status, 401);
    assert.equal((await get({ authorization: `Bearer ${trunkline.adminToken}` })).status, 200);
  });

  it('says what is where for a path or a method that it does not serve', async t => {
    const { trunkline } = await startStubbedTrunkline(t);
    const unknown = await fetch(`${trunkline.url}/rpc/nochain`, { method: 'POST', body: call });
    assert.equal(unknown.status, 404);
    assert.match(await unknown.text(), /no chain \\"nochain\\"; there are test/);
    assert.equal((await fetch(`${trunkline.url}/rpc/test`)).status, 405);
    assert.equal((await fetch(`${trunkline.url}/nowhere`)).status, 404);
  });
});
