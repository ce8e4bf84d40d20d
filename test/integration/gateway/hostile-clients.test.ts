import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { WebSocket } from 'ws';
import { eventually } from '../../support/eventually.ts';
import { exchangeBytes } from '../../support/raw-http.ts';
import { startStubbedTrunkline } from '../../support/stubbed-trunkline.ts';

const oneOf = (...texts: string[]) => fc.constantFrom(...texts);

const json = fc.oneof(
  fc.json({ maxDepth: 3 }),
  oneOf(
    'null',
    '1e400',
    '-0',
    '12345678901234567890',
    '"\\ud800"',
    '"latest"',
    '{"__proto__":1}',
    '["newHeads"]',
  ),
);
const params = fc.oneof(
  json,
  oneOf('[]', '["newHeads"]', '["logs",{}]', '["logs",{"address":[[]]}]', '["0x1"]', '{}'),
);
const method = fc.oneof(
  oneOf(
    'eth_subscribe',
    'eth_unsubscribe',
    'eth_newFilter',
    'eth_getFilterChanges',
    'eth_sendRawTransaction',
  ),
  oneOf(
    'eth_getLogs',
    'eth_getBlockByNumber',
    'eth_getTransactionReceipt',
    'eth_blockNumber',
    '__proto__',
    '',
  ),
  fc.string(),
);
const call = fc
  .tuple(oneOf('"id":1,', '"id":"\\u0041",', '"id":1.0,', '"id":{},', '"id":null,', ''), method, params)
  .map(([id, name, given]) => `{"jsonrpc":"2.0",${id}"method":${JSON.stringify(name)},"params":${given}}`);
const body = fc.oneof(
  call,
  fc.array(call, { maxLength: 4 }).map(calls => `[${calls.join()}]`),
  call.map(text => text.slice(0, -3)),
  json,
);
const header = oneOf(
  'Origin: null',
  'Origin: http://localhost',
  'Host: [::1',
  'X-Trunkline-Use-Provider: __proto__',
  'X-Trunkline-Use-Provider: s1',
  'Content-Encoding: gzip',
  'Content-Encoding: br',
  'Expect: nonsense',
  'Connection: Upgrade\r\nUpgrade: h2c',
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8',
  'Authorization: Bearer test-admin-token',
  'Authorization: Bearer',
);
const path = oneOf(
  '/rpc/test',
  '/rpc/31337?strategy=fastest',
  '/rpc/test?strategy=%',
  '/rpc/%00',
  '/rpc/__proto__',
  '/rpc/test/../../admin/tree',
  '/admin/devnet/fault',
  '/admin/log-level',
  '/metrics',
  '*',
  'http://elsewhere/rpc/test',
);
const verb = oneOf('POST', 'POST', 'POST', 'GET', 'HEAD', 'OPTIONS', 'PUT', 'CONNECT', 'TRACE');

describe('whatever a client sends', () => {
  it('costs at most that client its connection', async t => {
    const { trunkline, stubs, rpc } = await startStubbedTrunkline(t);
    // An error that reaches nobody ends the process of a test as it ends Trunkline's.
    await fc.assert(
      fc.asyncProperty(
        verb,
        path,
        fc.array(header, { maxLength: 3 }),
        body,
        async (name, to, headers, text) => {
          const lines = [
            `${name} ${to} HTTP/1.1`,
            'Host: localhost',
            ...headers,
            `Content-Length: ${Buffer.byteLength(text)}`,
          ];
          await exchangeBytes(
            trunkline.exchange.port,
            `${lines.join('\r\n')}\r\nConnection: close\r\n\r\n${text}`,
            200,
          );
        },
      ),
      { numRuns: 150, endOnFailure: true },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(body, { maxLength: 8 }), fc.boolean(), async (messages, isAbrupt) => {
        const socket = new WebSocket(`${trunkline.wsUrl}/rpc/test`);
        const closed = new Promise<void>(resolve => socket.once('close', () => resolve()));
        await new Promise(resolve => socket.once('open', resolve));
        for (const message of messages) socket.send(message);
        stubs[0]!.mine();
        if (isAbrupt) socket.terminate();
        else socket.close();
        await closed;
      }),
      { numRuns: 100, endOnFailure: true },
    );
    assert.equal((await rpc('eth_chainId')).result, '0x7a69');
    assert.doesNotMatch(trunkline.log(), /"level":"error"/);
    await eventually(async () => {
      const metrics = await (await fetch(`${trunkline.url}/metrics`)).text();
      const value = (name: string) =>
        Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\d+)`, 'm').exec(metrics)?.[1]);
      return value('trunkline_requests_in_flight') + value('trunkline_client_subscriptions') === 0;
    }, 'nothing is left of them');
  });
});
