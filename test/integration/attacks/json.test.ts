import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { startStubbedTrunkline } from '../../support/stubbed-trunkline.ts';

const errorOf = (text: string) => (JSON.parse(text) as { error: { code: number; message: string } }).error;

describe('bad JSON-RPC', () => {
  it('answers a batch of 10,000 with one error and sends none of it on [attack 1]', async t => {
    const { post, stubs } = await startStubbedTrunkline(t);
    const before = stubs[0]!.requests.length;
    const { text } = await post(
      JSON.stringify(Array.from({ length: 10_000 }, (_, id) => ({ jsonrpc: '2.0', id, method: 'custom_x' }))),
    );
    assert.equal(errorOf(text).code, -32600);
    assert.equal(stubs[0]!.requests.slice(before).filter(call => call.method === 'custom_x').length, 0);
  });

  it('refuses a nested batch, and only it [attack 2]', async t => {
    const { post } = await startStubbedTrunkline(t);
    const { text } = await post(
      '[[{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}],{"jsonrpc":"2.0","id":2,"method":"eth_chainId"}]',
    );
    const answers = JSON.parse(text) as { id: unknown; error?: { code: number }; result?: string }[];
    assert.equal(answers[0]?.error?.code, -32600);
    assert.equal(answers[1]?.result, '0x7a69');
  });

  it('refuses JSON that is nested 10,000 deep [attack 3]', async t => {
    const { post } = await startStubbedTrunkline(t);
    const { text } = await post(
      `{"jsonrpc":"2.0","id":1,"method":"eth_call","params":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
    );
    assert.ok([-32600, -32700].includes(errorOf(text).code));
  });

  it('returns ids and results beyond 2^53 byte for byte [attack 4]', async t => {
    const { post, stubs } = await startStubbedTrunkline(t);
    const result = '{"a":9007199254740993,"b":"\\u003c","c":1.0,"d":18446744073709551615}';
    stubs[0]!.raw('eth_getBalance', (socket, call) => {
      const id = /"id":([^,}]*)/.exec(call.raw)?.[1];
      const body = `{"jsonrpc":"2.0","id":${id},"result":${result}}`;
      socket.write(
        `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
    });
    for (const id of ['9007199254740993', '1.0', '"\\u0041"', '-0', '"x"', 'null', '0', '1e3']) {
      const { text } = await post(
        `{"jsonrpc":"2.0","id":${id},"method":"eth_getBalance","params":["0x0","latest"]}`,
      );
      assert.ok(text.includes(`"id":${id},`) || text.includes(`"id":${id}}`), `${id}: ${text}`);
      assert.ok(text.includes(result), text);
    }
  });

  it('takes __proto__ and constructor for ordinary keys [attack 5]', async t => {
    const { post, rpc } = await startStubbedTrunkline(t);
    await post(
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[{"__proto__":{"polluted":true}}]}',
    );
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
    assert.equal((await rpc('constructor')).error !== undefined, true);
    assert.equal((await rpc('eth_chainId')).result, '0x7a69');
  });

  it('refuses a request with two methods, however the keys are written [attack 6]', async t => {
    const { post, stubs } = await startStubbedTrunkline(t);
    const { text } = await post(
      '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","meth\\u006fd":"admin_nodeInfo"}',
    );
    assert.equal(errorOf(text).code, -32600);
    assert.equal(
      stubs[0]!.requests.some(call => call.method === 'admin_nodeInfo'),
      false,
    );
  });

  it('classifies a method by its name after unescaping: an escaped write is sent once [attack 7]', async t => {
    const { post, stubs } = await startStubbedTrunkline(t, { stubs: 2 });
    for (const stub of stubs) stub.raw('eth_sendTransaction', socket => socket.destroy());
    await post('{"jsonrpc":"2.0","id":1,"method":"eth_\\u0073endTransaction","params":[{}]}');
    const sent = stubs.flatMap(stub => stub.requests).filter(call => call.method === 'eth_sendTransaction');
    assert.equal(sent.length, 1);
    for (const method of ['ETH_CHAINID', ' eth_chainId', 'eth_chainId ']) {
      const { text } = await post(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: [] }));
      assert.equal(JSON.parse(text).result, undefined, method);
    }
  });

  it('refuses an id that is an object or an array [attack 8]', async t => {
    const { post } = await startStubbedTrunkline(t);
    for (const id of ['{}', '[1]', 'true']) {
      assert.equal(
        errorOf((await post(`{"jsonrpc":"2.0","id":${id},"method":"eth_chainId"}`)).text).code,
        -32600,
      );
    }
  });

  it('refuses text that is not UTF-8, and text that is not JSON [attack 9]', async t => {
    const { post } = await startStubbedTrunkline(t);
    const bad = Buffer.concat([
      Buffer.from('{"jsonrpc":"2.0","id":1,"method":"eth_'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}'),
    ]);
    assert.equal(errorOf((await post(bad)).text).code, -32700);
    for (const body of ['', '{', 'null', '"x"', '{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}x']) {
      assert.ok([-32700, -32600].includes(errorOf((await post(body)).text).code), body);
    }
  });

  it('caps a gzip bomb, and reads an honest gzip [attack 10]', async t => {
    const { post } = await startStubbedTrunkline(t, { server: '{ max_request_bytes: 1MiB }' });
    const bomb = gzipSync(Buffer.alloc(64 * 1_048_576, 0x20));
    assert.equal((await post(bomb, { 'content-encoding': 'gzip' })).status, 413);
    const honest = gzipSync('{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}');
    assert.equal(JSON.parse((await post(honest, { 'content-encoding': 'gzip' })).text).result, '0x7a69');
    assert.equal((await post('x', { 'content-encoding': 'br' })).status, 415);
  });

  it('refuses a body over the limit with 413', async t => {
    const { post } = await startStubbedTrunkline(t, { server: '{ max_request_bytes: 1KiB }' });
    const { status } = await post(
      JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_call', params: ['x'.repeat(2_000)] }),
    );
    assert.equal(status, 413);
  });
});
