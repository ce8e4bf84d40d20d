import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clientCall, derivedCall } from '../../../src/gateway/calls.ts';
import { scanRequest } from '../../../src/protocol/json-rpc/scan-request.ts';
import { FakeChain } from './routing/fake-chain.ts';

const fake = new FakeChain();

function callOf(text: string) {
  const source = Buffer.from(text);
  const scanned = scanRequest(source, { maxDepth: 64, maxBatch: 10 });
  assert.equal(scanned.kind, 'call');
  return clientCall(fake.chain, source, (scanned as typeof scanned & { kind: 'call' }).call, {}, 1_000);
}

describe('clientCall', () => {
  it("sends the client's bytes as they came", () => {
    const text = '{"method":"eth_call", "params":[{"to":"0xAb"},"latest"],"id":"abc","jsonrpc":"2.0"}';
    const call = callOf(text);
    assert.equal(call.payload.toString(), text);
    assert.equal(call.clientId.toString(), '"abc"');
    assert.equal(call.idBytes, call.clientId);
    assert.equal(call.params?.toString(), '[{"to":"0xAb"},"latest"]');
    assert.deepEqual(call.demand, { kind: 'tag', tag: 'latest' });
    assert.equal(call.deadline, 1_000 + fake.chain.config.failover.deadline);
  });

  it('leaves white space around the call out', () => {
    assert.equal(
      callOf('  {"jsonrpc":"2.0","id":1,"method":"a"}\n').payload.toString(),
      '{"jsonrpc":"2.0","id":1,"method":"a"}',
    );
  });

  it('sends an id that a server might spell differently under a stand-in', () => {
    for (const id of ['1.0', '1e2', '-0', '9007199254740993', '"a\\u0062"', '"ä"', 'null']) {
      const call = callOf(` {"jsonrpc":"2.0","id":${id},"method":"eth_chainId","params":[]}`);
      assert.equal(call.clientId.toString(), id);
      assert.equal(
        call.payload.toString(),
        '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}',
        id,
      );
      assert.equal(call.idBytes.toString(), '1');
    }
  });

  it('gives a notification a stand-in id, so that its answer is heard', () => {
    const call = callOf('{"jsonrpc":"2.0","method":"eth_sendRawTransaction","params":["0x00"]}');
    assert.equal(
      call.payload.toString(),
      '{"jsonrpc":"2.0","id":1,"method":"eth_sendRawTransaction","params":["0x00"]}',
    );
    assert.equal(call.clientId.toString(), 'null');
  });

  it('reads the method unescaped and passes it on as it was written', () => {
    const call = callOf('{"jsonrpc":"2.0","id":1,"method":"eth_\\u0063hainId"}');
    assert.equal(call.method, 'eth_chainId');
    assert.equal(call.policy, fake.chain.family.policy('eth_chainId'));
    assert.match(call.payload.toString(), /eth_\\u0063hainId/);
    assert.equal(call.params, undefined);
  });
});

describe('derivedCall', () => {
  it("makes a call of Trunkline's own whose answer carries the client's id", () => {
    const call = derivedCall(fake.chain, 'eth_getTransactionByHash', Buffer.from('["0x1"]'), {
      clientId: Buffer.from('"mine"'),
      deadline: 5,
    });
    assert.equal(
      call.payload.toString(),
      '{"jsonrpc":"2.0","id":1,"method":"eth_getTransactionByHash","params":["0x1"]}',
    );
    assert.deepEqual([call.clientId.toString(), call.deadline, call.steering], ['"mine"', 5, {}]);
    assert.equal(call.policy.class, 'tx_lookup');
  });
});
