import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { closeCodeOf, frame, openRawWebSocket } from '../../support/raw-http.ts';
import { startStubbedTrunkline } from '../../support/stubbed-trunkline.ts';

describe('hostile WebSocket', () => {
  it('refuses an Origin that is not listed [attack 14]', async t => {
    const { trunkline } = await startStubbedTrunkline(t, {
      server: '{ ws: { allowed_origins: ["https://app.example"] } }',
    });
    const { port } = trunkline.exchange;
    await assert.rejects(openRawWebSocket(port, '/rpc/test', ['Origin: https://evil.example']), /403/);
    (await openRawWebSocket(port, '/rpc/test', ['Origin: https://app.example'])).destroy();
    (await openRawWebSocket(port, '/rpc/test')).destroy();
  });

  it('never negotiates deflate, so a compressed bomb is a protocol error, and caps a plain one with 1009 [attack 16]', async t => {
    const { trunkline } = await startStubbedTrunkline(t, { server: '{ ws: { max_payload: 64KiB } }' });
    const { port } = trunkline.exchange;
    const deflated = await openRawWebSocket(port, '/rpc/test', [
      'Sec-WebSocket-Extensions: permessage-deflate',
    ]);
    deflated.write(frame(0xc1, deflateRawSync(Buffer.alloc(1_000_000)).subarray(0, 1_000)));
    assert.equal(await closeCodeOf(deflated), 1002);
    const plain = await openRawWebSocket(port, '/rpc/test');
    const header = Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0]);
    plain.write(header);
    assert.equal(await closeCodeOf(plain), 1009);
  });

  it('closes a flood of tiny fragments [attack 17]', async t => {
    const { trunkline } = await startStubbedTrunkline(t);
    const socket = await openRawWebSocket(trunkline.exchange.port, '/rpc/test');
    const closed = closeCodeOf(socket);
    socket.write(frame(0x01, Buffer.from('[')));
    socket.write(Buffer.concat(Array.from({ length: 50_000 }, () => frame(0x00, Buffer.from(' ')))));
    assert.ok([1008, 1009, undefined].includes(await closed));
  });

  it('answers unmasked and reserved-bit frames with 1002 [attack 18]', async t => {
    const { trunkline } = await startStubbedTrunkline(t);
    const unmasked = await openRawWebSocket(trunkline.exchange.port, '/rpc/test');
    unmasked.write(frame(0x81, Buffer.from('{}'), false));
    assert.equal(await closeCodeOf(unmasked), 1002);
    const reserved = await openRawWebSocket(trunkline.exchange.port, '/rpc/test');
    reserved.write(frame(0xb1, Buffer.from('{}')));
    assert.equal(await closeCodeOf(reserved), 1002);
  });

  it('answers bad JSON over WebSocket with an error and stays open', async t => {
    const { trunkline } = await startStubbedTrunkline(t);
    const socket = new WebSocket(`${trunkline.wsUrl}/rpc/test`);
    const messages: string[] = [];
    await new Promise(resolve => socket.addEventListener('open', resolve));
    const two = new Promise<void>(resolve => {
      socket.addEventListener('message', event => {
        messages.push(String(event.data));
        if (messages.length === 2) resolve();
      });
    });
    socket.send('{');
    socket.send('{"jsonrpc":"2.0","id":"b","method":"eth_chainId"}');
    await two;
    socket.close();
    assert.match(messages[0]!, /-32700/);
    assert.match(messages[1]!, /"0x7a69"/);
  });

  it('limits the subscriptions of one socket', async t => {
    const { trunkline } = await startStubbedTrunkline(t, { server: '{ ws: { max_subscriptions: 2 } }' });
    const socket = new WebSocket(`${trunkline.wsUrl}/rpc/test`);
    await new Promise(resolve => socket.addEventListener('open', resolve));
    const answers: { id: number; error?: { data: { code: string } } }[] = [];
    const three = new Promise<void>(resolve => {
      socket.addEventListener('message', event => {
        const message = JSON.parse(String(event.data));
        if (message.id === undefined) return;
        answers.push(message);
        if (answers.length === 3) resolve();
      });
    });
    for (const id of [1, 2, 3])
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'eth_subscribe', params: ['newHeads'] }));
    await three;
    socket.close();
    assert.equal(answers.find(answer => answer.id === 3)?.error?.data.code, 'subscription_limit');
  });
});
