import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type CommandLimits, CommandParser } from '../../../../src/protocol/resp/command-parser.ts';

const limits: CommandLimits = {
  maxBulkBytes: 1000,
  maxArguments: 20,
  maxInlineBytes: 100,
  maxCommandBytes: 2000,
};

interface Outcome {
  readonly commands: string[][];
  readonly error: string | undefined;
}

function parse(chunks: readonly (Buffer | string)[], parser = new CommandParser(limits)): Outcome {
  const commands: string[][] = [];
  for (const chunk of chunks) {
    parser.feed(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk);
    while (parser.next()) {
      const words: string[] = [];
      for (let i = 0; i < parser.count; i++) {
        words.push(parser.source.toString('latin1', parser.starts[i], parser.ends[i]));
      }
      commands.push(words);
    }
  }
  return { commands, error: parser.error };
}

const encode = (words: readonly string[]): string =>
  `*${words.length}\r\n${words.map(word => `$${word.length}\r\n${word}\r\n`).join('')}`;

/** `text` cut at the given places, in thousandths of its length. */
function cutAt(text: string, places: readonly number[]): Buffer[] {
  const offsets = [...places.map(place => Math.floor((place * text.length) / 1000)), 0, text.length];
  offsets.sort((a, b) => a - b);
  return offsets.slice(1).map((end, i) => Buffer.from(text.slice(offsets[i], end), 'latin1'));
}

/** Answers of redis-server 7.0.15 to the same bytes. */
const refusals: readonly (readonly [string, string])[] = [
  ['*3000000000\r\n', 'ERR Protocol error: invalid multibulk length'],
  ['*21\r\n', 'ERR Protocol error: invalid multibulk length'],
  ['*x\r\n', 'ERR Protocol error: invalid multibulk length'],
  ['*\r\n', 'ERR Protocol error: invalid multibulk length'],
  ['*+1\r\n', 'ERR Protocol error: invalid multibulk length'],
  ['*01\r\n', 'ERR Protocol error: invalid multibulk length'],
  ['* 1\r\n', 'ERR Protocol error: invalid multibulk length'],
  ['*99999999999999999999999\r\n', 'ERR Protocol error: invalid multibulk length'],
  ['*1\r\n$2000000000\r\n', 'ERR Protocol error: invalid bulk length'],
  ['*1\r\n$1001\r\n', 'ERR Protocol error: invalid bulk length'],
  ['*1\r\n$-1\r\n', 'ERR Protocol error: invalid bulk length'],
  ['*1\r\n$\r\n', 'ERR Protocol error: invalid bulk length'],
  ['*1\r\n$1e2\r\n', 'ERR Protocol error: invalid bulk length'],
  ['*1\r\nfoo\r\n', "ERR Protocol error: expected '$', got 'f'"],
  ['*2\r\n$1\r\na\r\n:1\r\n', "ERR Protocol error: expected '$', got ':'"],
  [`${'x'.repeat(101)}`, 'ERR Protocol error: too big inline request'],
  [`*${'1'.repeat(101)}`, 'ERR Protocol error: too big mbulk count string'],
  [`*1\r\n$${'1'.repeat(101)}`, 'ERR Protocol error: too big bulk count string'],
  ['set "a\r\n', 'ERR Protocol error: unbalanced quotes in request'],
  ['set "a"b\r\n', 'ERR Protocol error: unbalanced quotes in request'],
  ["set 'a\r\n", 'ERR Protocol error: unbalanced quotes in request'],
];

describe('CommandParser', () => {
  it('reads arrays of bulks, binary ones and empty ones too', () => {
    const words = ['SET', 'k\r\n\0', '', '\xff$*'];
    assert.deepEqual(parse([encode(words) + encode(['PING'])]), {
      commands: [words, ['PING']],
      error: undefined,
    });
  });

  it('skips empty commands as Redis does', () => {
    assert.deepEqual(parse(['*0\r\n*-1\r\n*-7\r\n\r\n\n  \r\nPING\r\n']).commands, [['PING']]);
  });

  it('reads inline commands as Redis splits them', () => {
    const cases: readonly (readonly [string, string[]])[] = [
      ['PING\r\n', ['PING']],
      ['PING\n', ['PING']],
      ['  set\tkey  value \r\n', ['set', 'key', 'value']],
      ['set k "a b"\r\n', ['set', 'k', 'a b']],
      ['set k "\\x41\\xfF\\n\\r\\t\\b\\a\\q\\"\\\\"\r\n', ['set', 'k', 'A\xff\n\r\t\b\x07q"\\']],
      ['set k "\\xg1"\r\n', ['set', 'k', 'xg1']],
      ["set k 'a \\' \\n \"'\r\n", ['set', 'k', 'a \' \\n "']],
      ['set k ""\r\n', ['set', 'k', '']],
      ['set k ab"cd"\r\n', ['set', 'k', 'abcd']],
      ['set k\0 hidden\r\n', ['set', 'k']],
      ['$5\r\n', ['$5']],
    ];
    for (const [line, words] of cases) assert.deepEqual(parse([line]).commands, [words], line);
  });

  for (const [bytes, error] of refusals) {
    it(`refuses ${JSON.stringify(bytes.slice(0, 30))} in Redis' words, however it is split`, () => {
      const whole = parse([encode(['PING']) + bytes]);
      assert.deepEqual(whole, { commands: [['PING']], error });
      assert.deepEqual(parse([...bytes]), { commands: [], error });
    });
  }

  it('takes nothing more after an error', () => {
    const parser = new CommandParser(limits);
    parse(['*x\r\n'], parser);
    assert.deepEqual(parse([encode(['PING'])], parser).commands, []);
    assert.equal(parser.pendingBytes, 0);
    assert.equal(parser.heldBytes, 0);
  });

  it('holds strangers to the small limits of Redis', () => {
    const parser = new CommandParser({ ...limits, maxBulkBytes: 1e6, maxCommandBytes: 1e6 });
    parser.isTrusted = false;
    assert.deepEqual(parse([encode(['AUTH', 'x'])], parser).commands, [['AUTH', 'x']]);
    assert.equal(parse(['*11\r\n'], parser).error, 'ERR Protocol error: unauthenticated multibulk length');
    const other = new CommandParser({ ...limits, maxBulkBytes: 1e6, maxCommandBytes: 1e6 });
    other.isTrusted = false;
    assert.equal(parse(['*2\r\n$16385\r\n'], other).error, 'ERR Protocol error: unauthenticated bulk length');
  });

  it('limits the bytes of one command', () => {
    const bulk = `$900\r\n${'x'.repeat(900)}\r\n`;
    assert.deepEqual(parse([`*3\r\n${bulk}${bulk}${bulk}`]), {
      commands: [],
      error: 'ERR Protocol error: invalid bulk length',
    });
  });

  it('allocates nothing for what is only announced, and gives back what a large command took', () => {
    const parser = new CommandParser({ ...limits, maxBulkBytes: 2 ** 30, maxCommandBytes: 2 ** 30 });
    parse(['*1\r\n$1000000000\r\n'], parser);
    parse(['abc'], parser);
    assert.ok(parser.heldBytes <= 4096, `${parser.heldBytes} bytes held`);
    const large = encode(['SET', 'k', 'x'.repeat(300_000)]);
    const second = new CommandParser({ ...limits, maxBulkBytes: 2 ** 30, maxCommandBytes: 2 ** 30 });
    const chunks = cutAt(large, [1, 200, 400, 600, 800]);
    assert.equal(parse(chunks, second).commands[0]?.[2]?.length, 300_000);
    assert.equal(second.heldBytes, 0);
    assert.deepEqual(parse([encode(['PING'])], second).commands, [['PING']]);
  });

  it('hands out a command in one chunk without copying it', () => {
    const chunk = Buffer.from(encode(['GET', 'key']));
    const parser = new CommandParser(limits);
    parser.feed(chunk);
    assert.ok(parser.next());
    assert.equal(parser.source, chunk);
  });

  it('keeps what is not taken yet when more arrives', () => {
    const parser = new CommandParser(limits);
    parser.feed(Buffer.from(encode(['a']) + encode(['b'])));
    parser.feed(Buffer.from(encode(['c'])));
    assert.deepEqual(parse([''], parser).commands, [['a'], ['b'], ['c']]);
  });

  const word = fc.string({ unit: 'binary-ascii', maxLength: 30 });
  const words = fc.array(word, { minLength: 1, maxLength: 8 });
  const places = fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 12 });

  it('gives the same commands for any split', () => {
    const inline = fc.stringMatching(/^[a-z]{1,8}( "?[a-z\\']{0,6}"?){0,3}$/).map(line => `${line}\r\n`);
    const stream = fc.array(fc.oneof(words.map(encode), inline), { maxLength: 12 });
    fc.assert(
      fc.property(stream, places, (parts, cuts) => {
        const text = parts.join('');
        assert.deepEqual(parse(cutAt(text, cuts)), parse([text]));
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(stream, parts => {
        const text = parts.join('');
        assert.deepEqual(parse([...text]), parse([text]));
      }),
    );
  });

  it('reads well-formed commands as redis-parser does', () => {
    fc.assert(
      fc.property(fc.array(words, { maxLength: 10 }), places, (commands, cuts) => {
        const chunks = cutAt(commands.map(encode).join(''), cuts);
        assert.deepEqual(parse(chunks).commands, oracle(chunks));
        assert.deepEqual(parse(chunks).commands, commands);
      }),
      { numRuns: 300 },
    );
  });

  it('survives any garbage quickly, with the same outcome for any split', () => {
    const token = fc.constantFrom(
      '*',
      '$',
      '\r\n',
      '\r',
      '\n',
      '1',
      '3',
      '-1',
      '99',
      '"',
      "'",
      ' ',
      'a',
      '\0',
    );
    const garbage = fc.oneof(
      fc.string({ unit: 'binary-ascii', maxLength: 400 }),
      fc.array(token, { maxLength: 200 }).map(tokens => tokens.join('')),
    );
    fc.assert(
      fc.property(garbage, places, (text, cuts) => {
        const parser = new CommandParser(limits);
        const before = performance.now();
        const split = parse(cutAt(text, cuts), parser);
        assert.ok(performance.now() - before < 50);
        assert.ok(parser.heldBytes <= 8192);
        assert.deepEqual(split, parse([text]));
      }),
      { numRuns: 1000 },
    );
  });

  it('takes the most arguments that are allowed byte by byte in linear time', () => {
    const many = new CommandParser({ ...limits, maxArguments: 10_000, maxCommandBytes: 1e6 });
    const text = encode(new Array<string>(10_000).fill(''));
    const before = performance.now();
    assert.equal(parse([...text], many).commands[0]?.length, 10_000);
    assert.ok(performance.now() - before < 2000);
  });
});

interface RedisParser {
  execute(chunk: Buffer): void;
}

type RedisParserClass = new (options: {
  returnReply(reply: Buffer[]): void;
  returnError(error: Error): void;
  returnBuffers: boolean;
}) => RedisParser;

function oracle(chunks: readonly Buffer[]): string[][] {
  const RedisParser = createRequire(import.meta.url)('redis-parser') as RedisParserClass;
  const commands: string[][] = [];
  const parser = new RedisParser({
    returnReply: reply => commands.push(reply.map(word => word.toString('latin1'))),
    returnError: error => {
      throw error;
    },
    returnBuffers: true,
  });
  // It keeps views of the chunks.
  for (const chunk of chunks) if (chunk.length > 0) parser.execute(Buffer.from(chunk));
  return commands;
}
