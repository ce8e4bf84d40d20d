import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decode, encode } from '../../../../src/chains/solana/base58.ts';
import { readAnchorIdl } from '../../../../src/pipelines/parsers/anchor/anchor-idl.ts';
import { anchorParser } from '../../../../src/pipelines/parsers/anchor/anchor-parser.ts';
import { createParser } from '../../../../src/pipelines/parsers/create-parser.ts';
import { toJson } from '../../../../src/pipelines/parsers/to-json.ts';
import type { Parser } from '../../../../src/pipelines/pipeline.ts';
import { newIdl } from '../support/anchor-idls.ts';
import { accountOf, key, transactionOf } from '../support/transactions.ts';

const own = key('program');
const parsers: readonly [Parser, Uint8Array, readonly Uint8Array[]][] = [
  [createParser({ type: 'raw' }), own, []],
  [createParser({ type: 'system' }), new Uint8Array(32), []],
  [
    createParser({ type: 'spl_token' }),
    decode('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA') as Uint8Array,
    [Buffer.of(255)],
  ],
  [
    createParser({ type: 'token_2022' }),
    decode('TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb') as Uint8Array,
    [Buffer.of(21), Buffer.of(26), Buffer.of(255)],
  ],
  [
    createParser({ type: 'compute_budget' }),
    decode('ComputeBudget111111111111111111111111111111') as Uint8Array,
    [],
  ],
  [
    createParser({ type: 'session_events', program: encode(own) }),
    own,
    [Buffer.from('c8d96394c4daa439', 'hex'), Buffer.from('23296249bb20130c', 'hex')],
  ],
  [
    anchorParser(readAnchorIdl(newIdl), own),
    own,
    [
      Buffer.alloc(8, 9),
      Buffer.from([51, 194, 155, 175, 109, 130, 96, 106]),
      Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]),
      Buffer.from(`e445a52e51cb9a1d${'09'.repeat(8)}`, 'hex'),
    ],
  ],
];

describe('every parser, of anything at all', () => {
  for (const [parser, program, starts] of parsers)
    it(`${parser.id} answers without throwing, in values that JSON can hold`, () => {
      const start = fc.oneof(fc.constant(new Uint8Array()), ...starts.map(bytes => fc.constant(bytes)));
      const rest = fc.oneof(
        fc.uint8Array({ maxLength: 400 }),
        fc.uint8Array({ maxLength: 40 }).map(bytes => Buffer.concat([bytes, Buffer.alloc(60, 255)])),
        fc.nat(400).map(length => Buffer.alloc(length)),
        fc.nat(400).map(length => Buffer.alloc(length, 1)),
      );
      fc.assert(
        fc.property(
          start,
          rest,
          fc.boolean(),
          fc.integer({ min: 1, max: 4 }),
          (head, tail, isInner, height) => {
            const data = Buffer.concat([head, tail]);
            const name = encode(program);
            const one = { program, data, accounts: [key('a'), key('b')], height };
            const transaction = transactionOf(isInner ? [{ program, inner: [one, one] }] : [one], {
              logs: [
                `Program ${name} invoke [1]`,
                `Program data: ${data.toString('base64')}`,
                `Program ${name} success`,
              ],
            });
            for (const input of [transaction, accountOf(program, data)]) {
              const outcome = parser.parse(input);
              if (outcome.kind === 'parsed') JSON.stringify(outcome.values.map(toJson));
            }
          },
        ),
        { numRuns: 400 },
      );
    });

  it('spends no more on a claim than on the bytes that it comes in', () => {
    const idl = (type: unknown, ...types: unknown[]) =>
      anchorParser(
        readAnchorIdl({ events: [{ name: 'E', discriminator: [1], fields: [{ name: 'f', type }] }], types }),
        own,
      );
    const empty = { name: 'Empty', type: { kind: 'struct', fields: [] } };
    const claims: readonly [Parser, RegExp][] = [
      [idl('bytes'), /f: 4294967295 bytes are wanted/],
      [idl('string'), /f: 4294967295 bytes are wanted/],
      [idl({ vec: 'u64' }), /f: 4294967295 elements are announced/],
      [idl({ vec: { vec: 'u8' } }), /f: 4294967295 elements are announced/],
      [idl({ vec: { defined: 'Empty' } }, empty), /f: too many values/],
      [idl({ array: [{ array: [{ defined: 'Empty' }, 100_000] }, 100_000] }, empty), /f: too many values/],
      [idl({ array: [{ array: ['u8', 10_000_000] }, 10_000_000] }), /f: 10000000 elements are announced/],
      [idl({ hashMap: ['string', 'u8'] }), /f: 4294967295 elements are announced/],
    ];
    const bytes = Buffer.concat([Buffer.of(1), Buffer.alloc(64, 255)]).toString('base64');
    const logs = [
      `Program ${encode(own)} invoke [1]`,
      `Program data: ${bytes}`,
      `Program ${encode(own)} success`,
    ];
    const before = process.memoryUsage();
    for (const [parser, message] of claims) {
      const outcome = parser.parse(transactionOf([{ program: own }], { logs }));
      assert.ok(outcome.kind === 'error');
      assert.match(outcome.message, message);
    }
    const after = process.memoryUsage();
    assert.ok(after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed < 32 * 1024 * 1024);
  });
});
