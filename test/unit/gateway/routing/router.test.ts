import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeChain } from './fake-chain.ts';

const json = (body: Buffer) =>
  JSON.parse(body.toString()) as {
    id: unknown;
    result?: unknown;
    error?: { code: number; message: string; data?: Record<string, unknown> };
  };
const asked = (fake: FakeChain) => fake.attempts.map(attempt => attempt.provider);

describe('Router', () => {
  it("answers with the upstream's result under the client's id", () => {
    const fake = new FakeChain();
    const answers = fake.route('eth_chainId');
    fake.last.answer('"0x1"');
    assert.equal(answers[0]?.body.toString(), '{"jsonrpc":"2.0","id":7,"result":"0x1"}');
    assert.deepEqual(
      [answers[0]?.provider, answers[0]?.attempts, answers[0]?.outcome],
      ['p1', 1, 'answered'],
    );
  });

  it('fails a read over to the next provider', () => {
    const fake = new FakeChain();
    const answers = fake.route('eth_getBalance', '["0x00","latest"]');
    fake.last.fail('failure');
    fake.last.answer('"0x5"');
    assert.deepEqual(asked(fake), ['p1', 'p2']);
    assert.equal(answers[0]?.provider, 'p2');
  });

  it('gives an attempt 60 % of the deadline while another provider is left, the last one all of it', () => {
    const fake = new FakeChain(2);
    fake.route('eth_getBalance', '["0x00","latest"]');
    assert.equal(fake.last.timeoutMs, 18_000);
    fake.clock.advance(10);
    fake.last.fail('failure');
    assert.equal(fake.last.timeoutMs, 29_990);
  });

  it('returns a verdict at once', () => {
    const fake = new FakeChain();
    const answers = fake.route('eth_call', '[{},"latest"]');
    fake.last.error(3, 'execution reverted');
    assert.equal(asked(fake).length, 1);
    assert.equal(answers[0]?.outcome, 'upstream_error');
  });

  it('sends an unknown method once', () => {
    const fake = new FakeChain();
    const answers = fake.route('custom_method');
    fake.last.fail('failure', true);
    assert.deepEqual(asked(fake), ['p1']);
    assert.equal(json(answers[0]!.body).error?.data?.code, 'outcome_unknown');
  });

  it('sends a write elsewhere only when no byte of it was sent', () => {
    const fake = new FakeChain();
    const answers = fake.route('eth_sendTransaction', '[{}]');
    fake.last.fail('failure', false);
    assert.deepEqual(asked(fake), ['p1', 'p2']);
    fake.last.fail('failure', true);
    assert.deepEqual(asked(fake), ['p1', 'p2']);
    assert.equal(json(answers[0]!.body).error?.data?.code, 'outcome_unknown');
  });

  it('says per provider why nobody could answer', () => {
    const fake = new FakeChain();
    fake.providers[2]!.refusalReason = 'breaker_open';
    const answers = fake.route('eth_getBalance', '["0x00","latest"]');
    fake.last.fail('rate_limited');
    fake.last.fail('failure');
    const error = json(answers[0]!.body).error;
    assert.equal(error?.code, -32603);
    assert.deepEqual(error?.data, {
      code: 'no_provider',
      providers: [
        { id: 'p1', reason: 'rate_limited' },
        { id: 'p2', reason: 'failure' },
        { id: 'p3', reason: 'breaker_open' },
      ],
    });
  });

  it('asks another provider before it believes a null, and one only', () => {
    const fake = new FakeChain();
    const answers = fake.route('eth_getTransactionReceipt', '["0x00"]');
    fake.last.answer('null');
    assert.equal(answers.length, 0);
    fake.last.answer('null');
    assert.deepEqual(asked(fake), ['p1', 'p2']);
    assert.equal(json(answers[0]!.body).result, null);
  });

  it('prefers a receipt that another provider has to a null', () => {
    const fake = new FakeChain();
    const answers = fake.route('eth_getTransactionReceipt', '["0x00"]');
    fake.last.answer('null');
    fake.last.answer('{"blockNumber":"0x10"}');
    assert.deepEqual(json(answers[0]!.body).result, { blockNumber: '0x10' });
    assert.equal(fake.heads.floor, 16);
  });

  it('hedges a slow read and takes the first answer', () => {
    const fake = new FakeChain();
    const answers = fake.route('eth_getBalance', '["0x00","latest"]');
    fake.clock.advance(80);
    assert.equal(fake.attempts.length, 1);
    fake.clock.advance(40);
    assert.deepEqual(asked(fake), ['p1', 'p2']);
    fake.last.answer('"0x2"');
    assert.equal(answers[0]?.provider, 'p2');
    assert.equal(fake.attempts[0]!.isCancelled, false, 'the silent one is still watched');
    fake.clock.advance(3_100);
    assert.equal(fake.attempts[0]!.isCancelled, true);
  });

  it('never hedges a write', () => {
    const fake = new FakeChain();
    fake.route('eth_sendTransaction', '[{}]');
    fake.route('eth_sendRawTransaction', '["0x00"]');
    fake.clock.advance(2_000);
    assert.equal(fake.attempts.length, 2);
  });

  it('lets no null win a hedged race', () => {
    const fake = new FakeChain();
    const answers = fake.route('eth_getTransactionByHash', '["0x00"]');
    fake.clock.advance(120);
    fake.attempts[1]!.answer('null');
    assert.equal(answers.length, 0);
    fake.attempts[0]!.answer('{"hash":"0x00"}');
    assert.deepEqual(json(answers[0]!.body).result, { hash: '0x00' });
  });

  it('reads `latest` only where the head is no older than what clients have seen', () => {
    const fake = new FakeChain();
    fake.heads.floor = 100;
    fake.providers[0]!.head = 90;
    fake.providers[1]!.head = 100;
    fake.providers[2]!.head = 101;
    fake.route('eth_getBalance', '["0x00","latest"]');
    assert.deepEqual(asked(fake), ['p2']);
  });

  it('never answers an eth_blockNumber below one that was answered', () => {
    const fake = new FakeChain();
    fake.heads.floor = 100;
    for (const provider of fake.providers) provider.head = 100;
    const answers = fake.route('eth_blockNumber');
    fake.last.answer('"0x5a"');
    assert.equal(answers.length, 0);
    fake.last.answer('"0x5b"');
    fake.last.answer('"0x5c"');
    assert.equal(json(answers[0]!.body).result, '0x64');
  });

  it('believes no head that one provider alone is far ahead with, nor one that is no number', () => {
    const fake = new FakeChain();
    fake.heads.floor = 100;
    for (const provider of fake.providers) provider.head = 100;
    const answers = fake.route('eth_blockNumber');
    fake.last.answer('"0x3b9aca00"');
    fake.last.answer('"0xffffffffffffffff"');
    assert.equal(answers.length, 0);
    fake.last.answer('"0x65"');
    assert.equal(json(answers[0]!.body).result, '0x65');
    assert.equal(fake.heads.floor, 101);
  });

  it('reads from whoever comes closest when all are far behind what clients have seen', () => {
    const fake = new FakeChain();
    fake.heads.floor = 100;
    fake.providers.forEach((provider, index) => {
      provider.head = 40 + index;
      provider.refusalReason = 'behind';
    });
    fake.route('eth_getBalance', '["0x00","latest"]');
    assert.deepEqual(asked(fake), ['p3']);
  });

  it('ends at the deadline with the reasons', () => {
    const fake = new FakeChain(1);
    const answers = fake.route('eth_getBalance', '["0x00","latest"]');
    fake.clock.advance(29_900);
    assert.equal(answers.length, 0);
    fake.clock.advance(200);
    assert.equal(json(answers[0]!.body).error?.data?.code, 'deadline_exceeded');
  });

  it('keeps the deadline when the wall clock jumps', () => {
    const fake = new FakeChain(1);
    const answers = fake.route('eth_getBalance', '["0x00","latest"]');
    fake.clock.jumpWall(3_600_000);
    fake.clock.advance(20);
    fake.clock.jumpWall(-7_200_000);
    fake.clock.advance(20);
    assert.equal(answers.length, 0);
  });

  it('makes retries wait for room in the budget rather than fail', () => {
    const fake = new FakeChain(2);
    const all = Array.from({ length: 10 }, () => fake.route('eth_getBalance', '["0x00","latest"]'));
    for (const attempt of [...fake.attempts]) attempt.fail('failure');
    assert.equal(fake.attempts.length, 13);
    for (let i = 10; i < 20; i++) fake.attempts[i]!.answer('"0x1"');
    assert.deepEqual(
      all.map(answers => answers[0]?.outcome),
      Array.from({ length: 10 }, () => 'answered'),
    );
    assert.equal(fake.router.budget.active, 0);
    assert.equal(fake.router.budget.retries, 0);
  });

  it('stays with the provider that a client asks for', () => {
    const fake = new FakeChain();
    const answers = fake.route('eth_getBalance', '["0x00","latest"]', { useProvider: 'p3' });
    fake.last.fail('failure');
    assert.deepEqual(asked(fake), ['p3']);
    assert.equal(answers[0]?.outcome, 'failed');
  });

  it('cancels a read whose client left, and lets a write finish', () => {
    const fake = new FakeChain();
    fake.router.route(fake.call('eth_getBalance', '["0x00","latest"]'), () => assert.fail())();
    fake.router.route(fake.call('eth_sendTransaction', '[{}]'), () => assert.fail())();
    assert.deepEqual(
      fake.attempts.map(attempt => attempt.isCancelled),
      [true, false],
    );
    fake.attempts[1]!.answer('"0x"');
    assert.equal(fake.router.budget.active, 0);
  });

  it('waits for providers whose processes are being started, and asks one as soon as it is there', () => {
    const fake = new FakeChain(2);
    for (const provider of fake.providers) provider.isReturning = true;
    const [read, write] = [fake.route('eth_getBalance', '["0x00","latest"]'), fake.route('custom_write')];
    fake.clock.advance(500);
    assert.deepEqual([read, write, asked(fake)], [[], [], []]);
    fake.providers[1]!.isReturning = false;
    fake.clock.advance(20);
    assert.deepEqual(asked(fake), ['p2', 'p2']);
    for (const attempt of fake.attempts) attempt.answer('"0x1"');
    assert.deepEqual([read[0]?.provider, read[0]?.attempts, write[0]?.outcome], ['p2', 1, 'answered']);
  });

  it('waits for them after a failure too, and counts what follows as a retry', () => {
    const fake = new FakeChain(2);
    fake.providers[1]!.isReturning = true;
    const answers = fake.route('eth_getBalance', '["0x00","latest"]');
    fake.last.fail('failure');
    assert.equal(answers.length, 0);
    fake.providers[1]!.isReturning = false;
    fake.clock.advance(20);
    assert.equal(fake.router.budget.retries, 1);
    fake.last.answer('"0x1"');
    assert.deepEqual([answers[0]?.provider, fake.router.budget.retries], ['p2', 0]);
  });

  it('waits for a second at most, and not once it is known that nobody comes', () => {
    const fake = new FakeChain(1);
    fake.providers[0]!.isReturning = true;
    const late = fake.route('eth_chainId');
    fake.clock.advance(980);
    assert.equal(late.length, 0);
    fake.clock.advance(40);
    assert.equal(json(late[0]!.body).error?.data?.code, 'no_provider');
    const told = fake.route('eth_chainId');
    fake.providers[0]!.isReturning = false;
    fake.providers[0]!.refusalReason = 'down';
    fake.clock.advance(20);
    assert.equal(json(told[0]!.body).error?.data?.code, 'no_provider');
    assert.equal(fake.route('eth_chainId').length, 1, 'nobody is being started');
  });

  it('has providers that are down checked when nobody else is left, and waits for the verdict', () => {
    const fake = new FakeChain(2);
    const [, down] = fake.providers;
    down!.refusalReason = 'down';
    let wanted = 0;
    down!.onWanted = () => {
      wanted++;
      down!.isReturning = true;
    };
    const answers = fake.route('eth_getBalance', '["0x00","latest"]');
    assert.equal(wanted, 0, 'another one is being asked');
    fake.last.fail('failure');
    assert.deepEqual([wanted, answers.length], [1, 0]);
    down!.isReturning = false;
    down!.refusalReason = undefined;
    fake.clock.advance(20);
    fake.last.answer('"0x1"');
    assert.equal(answers[0]?.provider, 'p2');
  });

  it('says each time that no provider has a method', () => {
    const fake = new FakeChain(2);
    for (const provider of fake.providers) provider.refusalReason = 'unsupported_method';
    for (const steering of [{}, { useProvider: 'p2' }]) {
      const error = json(fake.route('trace_block', '[]', steering)[0]!.body).error;
      assert.deepEqual(error, {
        code: -32601,
        message: 'the method is not available at any provider of test',
        data: { code: 'method_unsupported' },
      });
    }
    fake.providers[1]!.refusalReason = 'breaker_open';
    assert.equal(json(fake.route('trace_block')[0]!.body).error?.data?.code, 'no_provider');
  });

  it('does not wait for a provider other than the one that the client wants', () => {
    const fake = new FakeChain(2);
    fake.providers[0]!.isReturning = true;
    fake.providers[1]!.refusalReason = 'down';
    assert.equal(fake.route('eth_chainId', '[]', { useProvider: 'p2' }).length, 1);
    assert.equal(fake.route('eth_chainId', '[]', { useProvider: 'p1' }).length, 0);
  });

  it('ends a call that waits for a provider when its client leaves or its deadline passes', () => {
    const fake = new FakeChain(1, { deadline: 200 });
    fake.providers[0]!.isReturning = true;
    const answers = fake.route('eth_chainId');
    const cancel = fake.router.route(fake.call('eth_chainId'), () => assert.fail('answered'));
    cancel();
    fake.clock.advance(220);
    assert.equal(json(answers[0]!.body).error?.data?.code, 'deadline_exceeded');
    assert.equal(fake.router.budget.active, 0);
  });
});
