import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ChainFamily } from '../../../src/chains/chain-family.ts';
import { evmFamily } from '../../../src/chains/evm/evm-family.ts';
import { solanaFamily } from '../../../src/chains/solana/solana-family.ts';
import { scanResponse } from '../../../src/protocol/json-rpc/scan-response.ts';
import type { SocketConnection } from '../../../src/providers/socket-connection.ts';
import type { SocketReceiver } from '../../../src/providers/socket-exchange.ts';
import { UpstreamSubscriptions } from '../../../src/providers/upstream-subscriptions.ts';

/** Takes what is sent, and answers when the test says so. */
class FakeConnection {
  readonly sent: string[] = [];
  readonly #receivers: SocketReceiver[] = [];

  send(write: (id: number) => Buffer | string, _timeoutMs: number, receiver: SocketReceiver): void {
    this.sent.push(write(1).toString());
    this.#receivers.push(receiver);
  }

  notify(write: (id: number) => string): void {
    this.sent.push(write(2));
  }

  answer(member: string): void {
    const body = Buffer.from(`{"jsonrpc":"2.0","id":1,${member}}`);
    this.#receivers.shift()!.onSocketAnswer(body, scanResponse(body)!);
  }
}

class Events {
  readonly events: string[] = [];
  readonly ends: string[] = [];

  onEvent(result: Buffer): void {
    this.events.push(result.toString());
  }

  onEnd(reason: string): void {
    this.ends.push(reason);
  }
}

function setUp(family: ChainFamily) {
  const connection = new FakeConnection();
  const subscriptions = new UpstreamSubscriptions(
    { timeoutMs: 1_000, redact: text => text, rules: family.subscriptions, events: family.events },
    connection as unknown as SocketConnection,
  );
  const subscribe = async (stream: string, answer: string) => {
    const events = new Events();
    const handle = subscriptions.subscribe(stream, events);
    connection.answer(answer);
    return { events, handle: await handle };
  };
  return { connection, subscriptions, subscribe };
}

const executed = '{"context":{"slot":5},"value":{"err":null}}';

describe('UpstreamSubscriptions', () => {
  it('speaks as the EVM does', async () => {
    const { connection, subscriptions, subscribe } = setUp(evmFamily);
    const { events, handle } = await subscribe('["logs",{}]', '"result":"0xab"');
    subscriptions.deliver('0xab', Buffer.from('1'));
    handle.cancel();
    assert.deepEqual(events.events, ['1']);
    assert.deepEqual(connection.sent, [
      '{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["logs",{}]}',
      '{"jsonrpc":"2.0","id":2,"method":"eth_unsubscribe","params":["0xab"]}',
    ]);
  });

  it('speaks as Solana does', async () => {
    const { connection, subscriptions, subscribe } = setUp(solanaFamily);
    const { events, handle } = await subscribe('["logsSubscribe","all"]', '"result":18446744073709551615');
    assert.equal(subscriptions.deliver('18446744073709551615', Buffer.from('{}')), true);
    handle.cancel();
    assert.deepEqual(events.events, ['{}']);
    assert.deepEqual(connection.sent, [
      '{"jsonrpc":"2.0","id":1,"method":"logsSubscribe","params":["all"]}',
      '{"jsonrpc":"2.0","id":2,"method":"logsUnsubscribe","params":[18446744073709551615]}',
    ]);
  });

  it('keeps streams apart that the provider gives one id, and ends it with the last of them', async () => {
    const { connection, subscriptions, subscribe } = setUp(solanaFamily);
    const one = await subscribe('["accountSubscribe","k",{}]', '"result":7');
    const other = await subscribe('["accountSubscribe","k",{"encoding":"binary"}]', '"result":7');
    subscriptions.deliver('7', Buffer.from('1'));
    one.handle.cancel();
    subscriptions.deliver('7', Buffer.from('2'));
    assert.deepEqual([one.events.events, other.events.events], [['1'], ['1', '2']]);
    assert.equal(connection.sent.length, 2, 'nothing is unsubscribed yet');
    other.handle.cancel();
    assert.match(connection.sent[2]!, /"accountUnsubscribe","params":\[7\]/);
    assert.equal(subscriptions.deliver('7', Buffer.from('3')), false);
    assert.equal(subscriptions.size, 0);
  });

  it('forgets a subscription that has told its last event, as the provider did', async () => {
    const { connection, subscriptions, subscribe } = setUp(solanaFamily);
    const { events, handle } = await subscribe('["signatureSubscribe","s"]', '"result":7');
    subscriptions.deliver('7', Buffer.from('{"context":{"slot":5},"value":"receivedSignature"}'));
    subscriptions.deliver('7', Buffer.from(executed));
    assert.equal(events.events.length, 2);
    assert.equal(events.ends.length, 1);
    assert.equal(subscriptions.size, 0);
    handle.cancel();
    assert.equal(connection.sent.length, 1, 'nothing is unsubscribed');
  });

  it('loses no last event that comes before the reply', async () => {
    const { connection, subscriptions } = setUp(solanaFamily);
    const events = new Events();
    const handle = subscriptions.subscribe('["signatureSubscribe","s"]', events);
    assert.equal(subscriptions.deliver('7', Buffer.from(executed)), true);
    connection.answer('"result":7');
    await handle;
    assert.deepEqual(events.events, [executed]);
    assert.equal(subscriptions.size, 0);
  });

  it('tells the code of a refusal', async () => {
    const { connection, subscriptions } = setUp(solanaFamily);
    const handle = subscriptions.subscribe('["blockSubscribe","all"]', new Events());
    connection.answer('"error":{"code":-32601,"message":"Method not found"}');
    await assert.rejects(handle, { code: 'subscribe_refused', details: { rpcCode: -32601 } });
  });
});
