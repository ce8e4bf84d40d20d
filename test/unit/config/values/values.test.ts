import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { bytes, formatBytes, parseBytes } from '../../../../src/config/values/bytes.ts';
import { choice } from '../../../../src/config/values/choice.ts';
import { duration, formatDuration, parseDuration } from '../../../../src/config/values/duration.ts';
import { flag } from '../../../../src/config/values/flag.ts';
import { integer, number } from '../../../../src/config/values/number.ts';
import { pubkey } from '../../../../src/config/values/pubkey.ts';
import { text } from '../../../../src/config/values/text.ts';
import { url } from '../../../../src/config/values/url.ts';

interface Schema {
  safeParse(input: unknown): { success: boolean; data?: unknown };
}

const reads = (schema: Schema, input: unknown, expected: unknown) =>
  assert.deepEqual(schema.safeParse(input).data, expected);
const refuses = (schema: Schema, inputs: readonly unknown[]) => {
  for (const input of inputs) assert.equal(schema.safeParse(input).success, false, String(input));
};

describe('duration', () => {
  it('reads milliseconds and units', () => {
    for (const [input, ms] of [
      [250, 250],
      ['250', 250],
      ['2s', 2000],
      ['500ms', 500],
      ['1m', 60_000],
      ['1.5h', 5_400_000],
      [' 3 s ', 3000],
    ]) {
      reads(duration(), input, ms);
    }
  });

  it('refuses anything else, also what a timer cannot wait for', () => {
    refuses(duration(), [
      '',
      's',
      '2 weeks',
      '-1s',
      -1,
      0,
      '1e3',
      'Infinity',
      Number.NaN,
      Number.POSITIVE_INFINITY,
      null,
      {},
      [],
      true,
      '30d',
      2 ** 31,
    ]);
  });

  it('formats what it reads', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 9 }), ms => parseDuration(formatDuration(ms)) === ms),
    );
  });
});

describe('bytes', () => {
  it('tells decimal and binary units apart', () => {
    for (const [input, size] of [
      [4096, 4096],
      ['4096', 4096],
      ['1KiB', 1024],
      ['1kB', 1000],
      ['10MiB', 10_485_760],
      ['10 mb', 10_000_000],
      ['0.5GiB', 536_870_912],
    ]) {
      reads(bytes(), input, size);
    }
  });

  it('refuses anything else', () => {
    refuses(bytes(), ['', '10M', '10MiBs', -1, 0, 1.5, '9GiB', null]);
  });

  it('formats what it reads', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), size => parseBytes(formatBytes(size)) === size),
    );
  });
});

describe('integer and number', () => {
  it('read digits in a string, since a variable is always one', () => {
    reads(integer({ min: 0, max: 10 }), '7', 7);
    reads(number({ min: 0, max: 1 }), '0.25', 0.25);
  });

  it('refuse what is out of range or no plain number', () => {
    refuses(integer({ min: 0, max: 10 }), [
      11,
      -1,
      1.5,
      '1.5',
      '',
      ' ',
      '0x1',
      '1e1',
      null,
      Number.NaN,
      true,
      [1],
    ]);
    refuses(number({ min: 0, max: 1 }), [1.1, 'one', Number.NaN, null]);
    refuses(integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), [2 ** 53, '9007199254740993']);
  });
});

describe('flag', () => {
  it('reads true and false, and not yes and no', () => {
    reads(flag(), 'true', true);
    reads(flag(), false, false);
    refuses(flag(), ['yes', 'no', 1, 0, '', null]);
  });
});

describe('choice', () => {
  it('tells which word was probably meant', () => {
    const result = choice(['round_robin', 'priority']).safeParse('round-robbin');
    assert.equal(JSON.stringify(result.error?.issues).includes('did you mean \\"round_robin\\"?'), true);
  });

  it('has no guess for something else', () => {
    const result = choice(['round_robin', 'priority']).safeParse('x');
    assert.equal(JSON.stringify(result.error?.issues).includes('did you mean'), false);
  });
});

describe('pubkey', () => {
  const system = '1'.repeat(32);
  const hint = (input: unknown) => {
    const [issue] = pubkey().safeParse(input).error!.issues;
    return (issue as unknown as { readonly params: { readonly hint: string } }).params.hint;
  };

  it('reads a key', () => {
    reads(pubkey(), system, system);
    assert.match(hint('0'.repeat(32)), /^base58 has no 0/);
  });

  it('tells to quote a key of digits, which YAML reads as a number', () => {
    assert.match(hint(Number(system)), /^quote it/);
    assert.match(hint(BigInt(system)), /^quote it/);
  });
});

describe('text', () => {
  it('refuses control characters, other types and more than its length', () => {
    refuses(text({ expected: 'a word', maxLength: 3 }), ['a\n', '\u0000', 'abcd', 1, true, null, {}]);
    reads(text({ expected: 'a word' }), 'word', 'word');
  });
});

describe('url', () => {
  it('takes the schemes of its transport only', () => {
    reads(url('http'), 'https://a.example/x?y=z', 'https://a.example/x?y=z');
    reads(url('websocket'), 'ws://localhost:1', 'ws://localhost:1');
    refuses(url('http'), [
      'ws://a',
      'wss://a',
      'file:///etc/passwd',
      'a.example',
      'https://',
      '',
      null,
      'https://a/#b',
    ]);
    refuses(url('websocket'), ['http://a', 'https://a', 'ftp://a']);
  });

  it('refuses white space, which a URL parser would drop silently', () => {
    refuses(url('http'), ['https://a.example/key\n', 'https://a.example/k\tey', ' https://a.example']);
  });
});
