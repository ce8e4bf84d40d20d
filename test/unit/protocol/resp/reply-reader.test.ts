import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  ReplyCursor,
  RespError,
  type RespValue,
  readReply,
  skipReply,
} from '../../../../src/protocol/resp/reply-reader.ts';
import { ReplyWriter } from '../../../../src/protocol/resp/reply-writer.ts';

const read = (text: string): RespValue | undefined => {
  const bytes = Buffer.from(text, 'latin1');
  const reply = readReply(bytes);
  if (reply !== undefined) assert.equal(reply.end, skipReply(bytes), text);
  return reply?.value;
};

/** What `write` writes, and what reading gives back in RESP3. */
type Sample = { write(writer: ReplyWriter): void; readonly value: RespValue };

const leaf: fc.Arbitrary<Sample> = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map(bytes => {
    const value = Buffer.from(bytes);
    return { write: (writer: ReplyWriter) => writer.bulk(value), value };
  }),
  fc.stringMatching(/^[ -~]{0,60}$/).map(value => ({ write: (w: ReplyWriter) => w.simple(value), value })),
  fc.stringMatching(/^ERR [ -~]{0,60}$/).map(line => ({
    write: (w: ReplyWriter) => w.error(line),
    value: new RespError(line),
  })),
  fc.maxSafeInteger().map(value => ({ write: (w: ReplyWriter) => w.integer(value), value: value + 0 })),
  fc.boolean().map(value => ({ write: (w: ReplyWriter) => w.boolean(value), value })),
  fc.double().map(value => ({ write: (w: ReplyWriter) => w.double(value), value })),
  fc.string().map(value => ({ write: (w: ReplyWriter) => w.verbatim('txt', value), value })),
  fc.constant<Sample>({ write: w => w.null(), value: null }),
);

const sample: fc.Arbitrary<Sample> = fc.letrec<{ tree: Sample }>(tie => ({
  tree: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    leaf,
    fc
      .tuple(fc.constantFrom('array', 'set', 'push'), fc.array(tie('tree'), { maxLength: 4 }))
      .map(([kind, all]) => ({
        write: (w: ReplyWriter) => {
          w[kind as 'array'](all.length);
          for (const one of all) one.write(w);
        },
        value: all.map(one => one.value),
      })),
    fc.dictionary(fc.string(), tie('tree'), { maxKeys: 4 }).map(entries => ({
      write: (w: ReplyWriter) => {
        w.map(Object.keys(entries).length);
        for (const [key, one] of Object.entries(entries)) {
          w.text(key);
          one.write(w);
        }
      },
      value: new Map(Object.entries(entries).map(([key, one]) => [key, one.value])),
    })),
  ),
})).tree;

describe('readReply', () => {
  it('decodes each type of both versions', () => {
    const cases: readonly (readonly [string, RespValue])[] = [
      ['+OK\r\n', 'OK'],
      ['-ERR no\r\n', new RespError('ERR no')],
      [':-12\r\n', -12],
      [':9223372036854775807\r\n', 9223372036854775807n],
      ['(3492890328409238509324850943850943825024385\r\n', 3492890328409238509324850943850943825024385n],
      ['$2\r\nab\r\n', Buffer.from('ab')],
      ['$-1\r\n', null],
      ['*-1\r\n', null],
      ['_\r\n', null],
      ['#t\r\n', true],
      [',1.5e3\r\n', 1500],
      [',-inf\r\n', Number.NEGATIVE_INFINITY],
      ['=7\r\ntxt:abc\r\n', 'abc'],
      ['!6\r\nERR no\r\n', new RespError('ERR no')],
      ['*2\r\n:1\r\n~1\r\n+a\r\n', [1, ['a']]],
      ['|1\r\n+ttl\r\n:1\r\n+value\r\n', 'value'],
      ['%1\r\n$1\r\na\r\n:1\r\n', new Map([['a', 1]])],
    ];
    for (const [text, value] of cases) assert.deepEqual(read(text), value, text);
    assert.equal(new RespError('WRONGTYPE x').code, 'WRONGTYPE');
  });

  it('finds what is cut or malformed', () => {
    for (const text of [
      '',
      '+OK',
      '+OK\r',
      '$3\r\nab\r\n',
      '*2\r\n:1\r\n',
      ':1x\r\n',
      '$x\r\n',
      '@1\r\n',
      '#x\r\n',
    ]) {
      assert.equal(read(text), undefined, text);
    }
    assert.equal(read('*1\r\n'.repeat(100_000)), undefined);
    assert.equal(read('*3000000000\r\n'), undefined);
    assert.equal(skipReply(Buffer.from('$3\r\nab\r\n')), -1);
    assert.equal(skipReply(Buffer.from('*3000000000\r\n')), -1);
  });

  it('reads back whatever is written, one behind the other', () => {
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 5 }), samples => {
        const writer = new ReplyWriter();
        writer.protocol = 3;
        for (const one of samples) one.write(writer);
        const bytes = writer.take();
        const cursor = new ReplyCursor(bytes);
        let at = 0;
        for (const one of samples) {
          at = skipReply(bytes, at);
          assert.deepEqual(cursor.next(), one.value);
          assert.equal(cursor.at, at);
        }
        assert.equal(cursor.next(), undefined);
      }),
    );
  });

  it('survives any garbage', () => {
    const token = fc.constantFrom(
      '*',
      '$',
      '%',
      '+',
      '-',
      ':',
      '\r\n',
      '1',
      '2',
      '9',
      'a',
      '_',
      '#t',
      '|',
      '=',
      '!',
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 100 }), tokens => {
        const bytes = Buffer.from(tokens.join(''));
        const before = performance.now();
        const reply = readReply(bytes);
        if (reply !== undefined) assert.ok(reply.end <= bytes.length);
        assert.ok(skipReply(bytes) <= bytes.length);
        assert.ok(performance.now() - before < 50);
      }),
      { numRuns: 2000 },
    );
  });
});
