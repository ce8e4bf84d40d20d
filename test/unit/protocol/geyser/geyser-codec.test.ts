import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TrunklineError } from '../../../../src/errors/trunkline-error.ts';
import {
  geyserMethods,
  subscribeRequestCodec,
  subscribeUpdateCodec,
  toSafeNumber,
} from '../../../../src/protocol/geyser/geyser-codec.ts';

const lamportsOf = (lamports: number | bigint) => {
  const message = subscribeUpdateCodec.serialize({ account: { slot: 5, account: { lamports } } });
  return subscribeUpdateCodec.deserialize(message).account?.account?.lamports;
};

test('64-bit numbers are numbers as long as these hold them exactly, else bigints', () => {
  const edges = [0, 1, 127, 128, 2 ** 28 - 1, 2 ** 28, 2 ** 32, 2 ** 35, 2 ** 49, 2 ** 53 - 1];
  for (const edge of edges) assert.equal(lamportsOf(edge), edge);
  for (const edge of [2n ** 53n, 2n ** 56n - 1n, 2n ** 56n, 2n ** 63n, 2n ** 64n - 1n])
    assert.equal(lamportsOf(edge), edge);
});

test('any 64-bit number comes back as it was', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), value => {
      assert.equal(BigInt(lamportsOf(value) ?? -1), value);
      if (value <= BigInt(Number.MAX_SAFE_INTEGER)) assert.equal(lamportsOf(Number(value)), Number(value));
    }),
  );
});

test('signed 64-bit numbers come back with their sign', () => {
  for (const timestamp of [-1, 0, 1_700_000_000, -1_700_000_000, -(2 ** 53) + 1, -(2n ** 63n)]) {
    const message = subscribeUpdateCodec.serialize({ blockMeta: { blockTime: { timestamp } } });
    assert.equal(subscribeUpdateCodec.deserialize(message).blockMeta?.blockTime?.timestamp, timestamp);
  }
});

test('what a message leaves out has plain defaults', () => {
  const { account } = subscribeUpdateCodec.deserialize(
    subscribeUpdateCodec.serialize({ account: { account: {} } }),
  );
  assert.equal(account?.slot, 0);
  assert.equal(account?.account?.lamports, 0);
  assert.equal(account?.account?.data.length, 0);
  const request = subscribeRequestCodec.deserialize(Buffer.alloc(0));
  assert.deepEqual(
    [request.slots, request.fromSlot ?? undefined, request.ping ?? undefined],
    [{}, undefined, undefined],
  );
});

test('a request comes back as it was', () => {
  const request = {
    accounts: {
      a: {
        account: ['k'],
        owner: ['o'],
        filters: [{ datasize: 165 }, { memcmp: { offset: 4, base58: 'x' } }],
      },
    },
    slots: { s: { filterByCommitment: true, interslotUpdates: false } },
    transactions: { t: { vote: false, failed: true, accountInclude: ['p'], accountRequired: ['q'] } },
    commitment: 1,
    accountsDataSlice: [{ offset: 8, length: 16 }],
    fromSlot: 250_000_000,
  } as const;
  const read = subscribeRequestCodec.deserialize(subscribeRequestCodec.serialize(request));
  const { t } = request.transactions;
  assert.deepEqual(structuredClone(read), {
    ...request,
    transactions: { t: { ...t, accountExclude: [] } },
    transactionsStatus: {},
    blocks: {},
    blocksMeta: {},
    entry: {},
  });
});

test('a filter whose value was left out wants everything', () => {
  // `transactions { key: "t" }`, as prost writes it.
  const { transactions } = subscribeRequestCodec.deserialize(Buffer.from([0x1a, 3, 0x0a, 1, 0x74]));
  assert.deepEqual(transactions.t?.accountInclude, []);
});

const codecs = [
  subscribeRequestCodec,
  ...Object.values(geyserMethods).map(method => ({ deserialize: method.responseDeserialize })),
];

/** Milliseconds until the codec is done with the bytes. */
function timeOf(codec: (typeof codecs)[number], bytes: Uint8Array): number {
  const start = performance.now();
  try {
    codec.deserialize(Buffer.from(bytes));
  } catch (error) {
    assert.ok(error instanceof TrunklineError);
    assert.equal(error.code, 'geyser_message_malformed');
  }
  return performance.now() - start;
}

test('of any bytes comes a message or the one error, soon', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(codecs.length - 1), (bytes, index) => {
      // Twice, as a pause of the machine is not the codec's.
      assert.ok(timeOf(codecs[index]!, bytes) <= 50 || timeOf(codecs[index]!, bytes) <= 50);
    }),
    { numRuns: 2_000 },
  );
});

test('a message that is cut or has a byte changed is a message or the one error', () => {
  const whole = subscribeUpdateCodec.serialize({
    filters: ['f'],
    transaction: {
      slot: 9,
      transaction: { signature: Buffer.alloc(64), meta: { fee: 5, logMessages: ['a', 'b'] } },
    },
  });
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), (at, byte, isCut) => {
      const damaged = Buffer.from(isCut ? whole.subarray(0, at) : whole);
      if (!isCut) damaged[at] = byte;
      try {
        subscribeUpdateCodec.deserialize(damaged);
      } catch (error) {
        assert.equal((error as TrunklineError).code, 'geyser_message_malformed');
      }
    }),
    { numRuns: 2_000 },
  );
});

/** A length-delimited field. */
function wrapped(tag: number, content: Buffer): Buffer {
  const length: number[] = [];
  let rest = content.length;
  for (; rest > 127; rest = Math.floor(rest / 128)) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([tag, ...length, rest]), content]);
}

test('a text or bytes that claim more than there is are malformed', () => {
  for (const tag of [0x0a, 0x12, 0x22]) {
    const claim = Buffer.from([tag, 0xff, 0xff, 0xff, 0xff, 0x0f, 1]);
    assert.throws(() => subscribeUpdateCodec.deserialize(claim), { code: 'geyser_message_malformed' });
  }
});

test('megabytes of empty parts are malformed before they take gigabytes', () => {
  // Empty inner instructions of the meta of a transaction: two bytes each.
  const empty = Buffer.alloc(20 * 1024 * 1024, Buffer.from([0x2a, 0]));
  const message = wrapped(0x22, wrapped(0x0a, wrapped(0x22, empty)));
  const error = { code: 'geyser_message_malformed', message: /more than \d+ fields/ };
  assert.throws(() => subscribeUpdateCodec.deserialize(message), error);
});

test('a slot beyond 2^53 is none', () => {
  assert.equal(toSafeNumber(7), 7);
  assert.throws(() => toSafeNumber(2n ** 60n), { code: 'geyser_message_malformed' });
});
