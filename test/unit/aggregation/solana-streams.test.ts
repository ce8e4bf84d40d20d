import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { solanaFamily } from '../../../src/chains/solana/solana-family.ts';
import { settle, setUpHub } from './hub-setup.ts';

const accountStream = '["accountSubscribe","key",{"commitment":"confirmed"}]';
const signatureStream = '["signatureSubscribe","sig",{"commitment":"confirmed"}]';
const programStream = '["programSubscribe","key"]';
const program = (at: number) =>
  Buffer.from(`{"context":{"slot":${at}},"value":{"pubkey":"p","account":{"lamports":${at}}}}`);
const slot = (n: number) => Buffer.from(`{"slot":${n},"parent":${n - 1},"root":${n - 2}}`);
const account = (at: number, lamports: number) =>
  Buffer.from(`{"context":{"slot":${at}},"value":{"lamports":${lamports}}}`);
const executed = (at: number) => Buffer.from(`{"context":{"slot":${at}},"value":{"err":null}}`);
const received = Buffer.from('{"context":{"slot":1},"value":"receivedSignature"}');

/** A hub whose own calls the test answers. */
function setUp(sources: number, width = 2) {
  const calls: string[] = [];
  const answers: ((result: Buffer | undefined) => void)[] = [];
  const setup = setUpHub(
    sources,
    { width },
    {
      events: solanaFamily.events,
      reads: {
        read: (method, params, { providerId }) => {
          calls.push(`${method} ${params} ${providerId}`);
          return new Promise(resolve => answers.push(resolve));
        },
      },
    },
  );
  const answer = async (result?: Buffer) => {
    answers.shift()!(result);
    await settle();
  };
  return { ...setup, calls, answer };
}

describe('the slots of Solana', () => {
  it('come from all providers, each once, and never go back', async () => {
    const { sources, subscribe } = setUp(4);
    const { recorder } = await subscribe('["slotSubscribe"]');
    await settle();
    assert.deepEqual(
      sources.map(source => source.calls.length),
      [1, 1, 1, 1],
    );
    sources[0]!.emit(slot(5));
    sources[1]!.emit(slot(5));
    sources[3]!.emit(slot(7));
    sources[0]!.emit(slot(6));
    sources[0]!.close();
    sources[1]!.emit(slot(7));
    sources[1]!.emit(slot(8));
    assert.deepEqual(
      recorder.texts.map(text => JSON.parse(text).slot),
      [5, 7, 8],
    );
    assert.equal(recorder.texts[0], slot(5).toString());
  });

  it('begin anew with the chain', async () => {
    const { hub, sources, subscribe } = setUp(1);
    const { recorder } = await subscribe('["slotSubscribe"]');
    sources[0]!.emit(slot(500));
    hub.chainRestarted();
    sources[0]!.emit(slot(3));
    assert.equal(recorder.texts.length, 2);
  });

  it('count as outdated in the metrics when they came too late', async () => {
    const { sources, subscribe, metric } = setUp(2);
    await subscribe('["slotSubscribe"]');
    await settle();
    sources[0]!.emit(slot(7));
    sources[1]!.emit(slot(6));
    assert.equal(await metric('trunkline_stream_outdated_events_total', 'provider="b"'), 1);
  });
});

describe('an account of Solana', () => {
  it('is asked for when all providers were lost, and told when it changed', async () => {
    const { clock, sources, subscribe, calls, answer } = setUp(3);
    const { recorder } = await subscribe(accountStream);
    await settle();
    clock.advance(2_000);
    sources[0]!.emit(account(5, 1));
    sources[0]!.close();
    await settle();
    assert.deepEqual(calls, [], 'the second one carried it on');
    clock.advance(2_000);
    for (const source of sources) source.close();
    sources[2]!.open();
    await settle();
    assert.deepEqual(calls, ['getAccountInfo ["key",{"commitment":"confirmed"}] c']);
    await answer(account(9, 2));
    sources[2]!.emit(account(9, 2));
    sources[2]!.emit(account(10, 3));
    assert.deepEqual(recorder.texts, [account(5, 1), account(9, 2), account(10, 3)].map(String));
  });

  it('is not told again when it is as it was, or when the answer is older', async () => {
    const { sources, subscribe, answer } = setUp(1);
    const { recorder } = await subscribe(accountStream);
    sources[0]!.emit(account(5, 1));
    for (const answered of [account(9, 1), account(4, 7)]) {
      sources[0]!.close();
      sources[0]!.open();
      await settle();
      await answer(answered);
    }
    assert.equal(recorder.texts.length, 1);
  });

  it('is asked for again while nobody answers, and not for ever', async () => {
    const { clock, sources, subscribe, calls, answer } = setUp(1);
    const { recorder } = await subscribe(accountStream);
    sources[0]!.close();
    sources[0]!.open();
    await settle();
    for (let i = 0; i < 5; i++) {
      await answer(undefined);
      clock.advance(60_000);
    }
    assert.equal(calls.length, 5);
    assert.equal(recorder.gaps, 1, 'what nobody tells is missing');
  });
});

describe('a signature of Solana', () => {
  it('ends with its one notification, for all who wait and upstream', async () => {
    const { hub, sources, subscribe } = setUp(2);
    const one = await subscribe(signatureStream);
    const other = await subscribe(signatureStream);
    await settle();
    sources[0]!.emit(executed(5));
    sources[1]!.emit(executed(6));
    for (const { recorder } of [one, other]) {
      assert.deepEqual([recorder.texts, recorder.completions, recorder.ends], [[String(executed(5))], 1, []]);
    }
    assert.deepEqual(
      [hub.stats().streams.length, sources[0]!.upstreams.size, sources[1]!.upstreams.size],
      [0, 0, 0],
    );
    one.subscription.cancel();
  });

  it('may be received first', async () => {
    const { sources, subscribe } = setUp(2);
    const { recorder } = await subscribe('["signatureSubscribe","sig",{"enableReceivedNotification":true}]');
    await settle();
    for (const source of sources) source.emit(received);
    sources[1]!.emit(executed(5));
    assert.deepEqual(recorder.texts, [String(received), String(executed(5))]);
    assert.equal(recorder.completions, 1);
  });

  it('is asked for while no provider tells of it, and told when it is there', async () => {
    const { clock, subscribe, calls, answer, hub } = setUp(1);
    const { recorder } = await subscribe(signatureStream);
    clock.advance(1_999);
    assert.equal(calls.length, 0);
    clock.advance(1);
    await answer(Buffer.from('{"context":{"slot":9},"value":[null]}'));
    clock.advance(4_000);
    assert.equal(calls.length, 2);
    await answer(
      Buffer.from('{"context":{"slot":9},"value":[{"slot":8,"err":null,"confirmationStatus":"finalized"}]}'),
    );
    assert.deepEqual([recorder.texts, recorder.completions], [[String(executed(9))], 1]);
    assert.equal(hub.stats().streams.length, 0);
    clock.advance(100_000);
    assert.equal(calls.length, 2);
  });

  it('is asked for at once when another provider has taken over', async () => {
    const { sources, subscribe, calls } = setUp(2, 1);
    await subscribe(signatureStream);
    sources[0]!.close();
    await settle();
    assert.deepEqual(calls, ['getSignatureStatuses [["sig"]] b']);
  });
});

describe('logs of Solana', () => {
  it('are one stream for all who mean the same, raced over `width` providers, each once', async () => {
    const { hub, sources, subscribe } = setUp(3);
    const { recorder } = await subscribe('["logsSubscribe","all"]');
    await subscribe('["logsSubscribe", "all", {"commitment":"finalized"}]');
    await settle();
    assert.deepEqual(
      sources.map(source => source.calls),
      [
        ['["logsSubscribe","all",{"commitment":"finalized"}]'],
        ['["logsSubscribe","all",{"commitment":"finalized"}]'],
        [],
      ],
    );
    assert.equal(hub.stats().streams.length, 1);
    const logs = (at: number, signature: string) =>
      Buffer.from(`{"context":{"slot":${at}},"value":{"signature":"${signature}","err":null,"logs":[]}}`);
    sources[0]!.emit(logs(5, 'a'));
    sources[1]!.emit(logs(5, 'a'));
    sources[1]!.emit(logs(6, 'b'));
    sources[0]!.close();
    await settle();
    sources[2]!.emit(logs(5, 'a'));
    sources[2]!.emit(logs(6, 'c'));
    assert.deepEqual(
      recorder.texts.map(text => JSON.parse(text).value.signature),
      ['a', 'b', 'c'],
    );
  });
});

describe('a stream that nobody carries', () => {
  it('goes on when a provider is there again, and its subscribers hear that something may be missing', async () => {
    const { clock, sources, subscribe } = setUp(2);
    const { recorder } = await subscribe('["logsSubscribe","all"]');
    await settle();
    clock.advance(2_000);
    sources[0]!.close();
    await settle();
    assert.equal(recorder.gaps, 0, 'one is left');
    sources[1]!.close();
    sources[0]!.open();
    await settle();
    assert.equal(recorder.gaps, 1);
    sources[1]!.open();
    await settle();
    const late = await subscribe('["logsSubscribe","all"]');
    assert.deepEqual([recorder.gaps, late.recorder.gaps], [1, 0]);
  });

  it('has no gap for who can be told by asking', async () => {
    const { sources, subscribe, answer } = setUp(1);
    const { recorder } = await subscribe(accountStream);
    sources[0]!.close();
    sources[0]!.open();
    await settle();
    await answer(account(9, 1));
    assert.deepEqual([recorder.gaps, recorder.texts.length], [0, 1]);
  });
});

describe('a provider that takes a stream over', () => {
  /** Carried by `a`, which is lost after `b` has joined in and done `meanwhile`. */
  async function takenOver(meanwhile: (setup: ReturnType<typeof setUp>) => void, stream = programStream) {
    const setup = setUp(2);
    const [a, b] = setup.sources;
    b!.close();
    const { recorder } = await setup.subscribe(stream);
    setup.clock.advance(10_000);
    a!.emit(program(4));
    b!.open();
    await settle();
    meanwhile(setup);
    a!.close();
    await settle();
    return { ...setup, recorder };
  }

  it('may have a hole before it when it has just begun, once', async () => {
    const { clock, sources, recorder, metric } = await takenOver(({ sources }) =>
      sources[1]!.emit(program(5)),
    );
    assert.equal(recorder.gaps, 1);
    assert.equal(await metric('trunkline_stream_gaps_total'), 1);
    sources[0]!.open();
    await settle();
    clock.advance(10);
    sources[0]!.close();
    assert.equal(recorder.gaps, 1, 'the one that has the stream now knows it all');
  });

  it('has none when both told the same event, whoever was first', async () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const { recorder } = await takenOver(({ sources }) => {
        for (const each of order) sources[each]!.emit(program(5));
      });
      assert.equal(recorder.gaps, 0);
    }
  });

  it('has none when they were side by side for a while', async () => {
    const { recorder } = await takenOver(({ clock }) => clock.advance(2_000));
    assert.equal(recorder.gaps, 0);
  });

  it('is asked for what can be asked for', async () => {
    const { calls, recorder } = await takenOver(() => {}, accountStream);
    assert.deepEqual(calls, ['getAccountInfo ["key",{"commitment":"confirmed"}] b']);
    assert.equal(recorder.gaps, 0);
  });
});

describe('a stream that is none of the chain', () => {
  it('is refused without asking a provider', async () => {
    const { sources, subscribe } = setUp(1);
    for (const stream of ['["newHeads"]', '["sendTransaction","x"]'])
      await assert.rejects(subscribe(stream), { code: 'invalid_stream' });
    assert.deepEqual(sources[0]!.calls, []);
  });
});
