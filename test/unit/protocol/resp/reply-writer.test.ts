import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ReplyWriter } from '../../../../src/protocol/resp/reply-writer.ts';

function written(protocol: 2 | 3, write: (writer: ReplyWriter) => void): string {
  const writer = new ReplyWriter(1);
  writer.protocol = protocol;
  write(writer);
  return writer.take().toString('latin1');
}

describe('ReplyWriter', () => {
  it('writes what both versions have in common alike', () => {
    for (const protocol of [2, 3] as const) {
      const both = (write: (writer: ReplyWriter) => void) => written(protocol, write);
      assert.equal(
        both(w => w.simple('OK')),
        '+OK\r\n',
      );
      assert.equal(
        both(w => w.error('ERR no')),
        '-ERR no\r\n',
      );
      assert.equal(
        both(w => w.bulk(Buffer.from('ab\r\n'))),
        '$4\r\nab\r\n\r\n',
      );
      assert.equal(
        both(w => w.bulk(Buffer.alloc(0))),
        '$0\r\n\r\n',
      );
      assert.equal(
        both(w => w.bulkSlice(Buffer.from('0123456'), 2, 5)),
        '$3\r\n234\r\n',
      );
      assert.equal(
        both(w => w.text('é')),
        '$2\r\n\xc3\xa9\r\n',
      );
      assert.equal(
        both(w => w.array(3)),
        '*3\r\n',
      );
    }
  });

  it('writes what RESP2 lacks as Redis answers RESP2 clients', () => {
    const all = (writer: ReplyWriter) => {
      writer.null();
      writer.nullArray();
      writer.map(2);
      writer.set(2);
      writer.push(2);
      writer.boolean(true);
      writer.boolean(false);
      writer.double(1.5);
      writer.double(Number.NEGATIVE_INFINITY);
      writer.verbatim('txt', 'some text');
    };
    assert.equal(
      written(2, all),
      '$-1\r\n*-1\r\n*4\r\n*2\r\n*2\r\n:1\r\n:0\r\n$3\r\n1.5\r\n$4\r\n-inf\r\n$9\r\nsome text\r\n',
    );
    assert.equal(
      written(3, all),
      '_\r\n_\r\n%2\r\n~2\r\n>2\r\n#t\r\n#f\r\n,1.5\r\n,-inf\r\n=13\r\ntxt:some text\r\n',
    );
  });

  it('writes every integer exactly', () => {
    const samples = [0, 9, 10, 99, 100, 101, 999, 1000, 65_535, 2 ** 31 - 1, 2 ** 31, -1, -100];
    samples.push(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER);
    for (const sample of samples) {
      assert.equal(
        written(2, w => w.integer(sample)),
        `:${sample}\r\n`,
      );
    }
    for (const sample of [9_223_372_036_854_775_807n, -9_223_372_036_854_775_808n, 0n]) {
      assert.equal(
        written(3, w => w.integer(sample)),
        `:${sample}\r\n`,
      );
    }
  });

  it('writes bulks of every length around its limits', () => {
    for (const size of [0, 1, 9, 10, 39, 40, 41, 99, 100, 999, 1000, 100_000]) {
      const body = 'x'.repeat(size);
      assert.equal(
        written(2, w => w.bulk(Buffer.from(body))),
        `$${size}\r\n${body}\r\n`,
      );
      assert.equal(
        written(2, w => w.text(body)),
        `$${size}\r\n${body}\r\n`,
      );
    }
  });

  it('keeps line breaks out of errors and simple strings', () => {
    assert.equal(
      written(2, w => w.error('ERR a\r\n+OK')),
      '-ERR a  +OK\r\n',
    );
    assert.equal(
      written(2, w => w.simple('a\nb')),
      '+a b\r\n',
    );
  });

  it('reserves room, truncates and starts again', () => {
    const writer = new ReplyWriter();
    const at = writer.reserve(8);
    writer.simple('OK');
    const end = writer.length;
    writer.array(100);
    writer.bulk(Buffer.alloc(10_000));
    writer.truncate(end);
    writer.buffer.writeBigUInt64LE(7n, at);
    const first = writer.take();
    assert.equal(first.length, 13);
    assert.equal(first.readBigUInt64LE(0), 7n);
    assert.equal(writer.length, 0);
    writer.simple('next');
    assert.equal(first.toString('latin1', 8), '+OK\r\n', 'what was taken is a copy');
    writer.reset();
    assert.equal(writer.take().length, 0);
  });
});
