import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Redactor } from '../../../src/telemetry/redactor.ts';

const infuraKey = '9aa3d95b3bc440fa88ea12eaa4456161';

/** Secrets as they occur, and worse ones; never a piece of the mark that replaces them. */
const anySecret = fc
  .oneof(
    fc.stringMatching(/^[A-Za-z0-9_-]{8,48}$/),
    fc.string({ minLength: 8, maxLength: 40 }),
    fc.string({ unit: 'grapheme', minLength: 8, maxLength: 20 }),
  )
  .filter(secret => secret.isWellFormed() && !'[redacted][redacted]'.includes(secret.toLowerCase()));

/** Ways in which a text travels inside another one. */
const writings: readonly ((text: string) => string)[] = [
  text => text,
  text => encodeURIComponent(text),
  text => encodeURIComponent(encodeURIComponent(text)),
  text => new URLSearchParams({ '': text }).toString().slice(1),
  text => [...Buffer.from(text)].map(byte => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  text => JSON.stringify(text).slice(1, -1),
  text => JSON.stringify(JSON.stringify(text)).slice(1, -1),
  text =>
    [...Array(text.length).keys()]
      .map(i => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`)
      .join(''),
  text => JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/'),
  text => text.replaceAll(/[a-z]/g, letter => letter.toUpperCase()),
  text => Buffer.from(text).toString('hex'),
  text => Buffer.from(text).toString('hex').toUpperCase(),
];
const base64Writings: readonly ((text: string) => string)[] = [
  text => Buffer.from(text).toString('base64'),
  text => Buffer.from(text).toString('base64url'),
  text => encodeURIComponent(Buffer.from(text).toString('base64')),
];

describe('Redactor.redact', () => {
  const cases: readonly (readonly [name: string, text: string, expected: string])[] = [
    [
      'path and query of a URL',
      `GET https://mainnet.infura.io/v3/${infuraKey}?x=1 failed`,
      'GET https://mainnet.infura.io/… failed',
    ],
    ['user info, keeping the port', 'nats://user:pw@10.0.0.1:4222 is down', 'nats://10.0.0.1:4222 is down'],
    ['WebSocket URLs in JSON', '{"url":"wss://a.example/k","n":1}', '{"url":"wss://a.example/…","n":1}'],
    ['URLs with escaped slashes', '"https:\\/\\/a.example\\/k\\/x","b"', '"https:\\/\\/a.example/…","b"'],
    ['percent-encoded URLs', 'to=https%3A%2F%2Fa.example%2Fv3%2Fkey', 'to=https%3A%2F%2Fa.example/…'],
    ['a password with a slash', 'https://user:pa/ss@a.example/x', 'https://…'],
    ['what is no host', 'https://key…:x/', 'https://…'],
    ['bearer tokens', 'authorization: Bearer abcdef, next', 'authorization: Bearer [redacted], next'],
    ['named headers', '"X-Api-Key": "abc", x-token=def', '"X-Api-Key": "[redacted]", x-token=[redacted]'],
    ['named parameters', 'a?apikey=abc&b', 'a?apikey=[redacted]'],
  ];
  for (const [name, text, expected] of cases) {
    it(`takes out ${name}`, () => assert.equal(new Redactor().redact(text), expected));
  }

  for (const text of [
    'nothing here at all',
    'unexpected token: } in JSON',
    'https://a.example',
    'http://127.0.0.1:4000/',
    'see (https://a.example).',
    '50 % of ratio: 3//4, C:\\dir\\new, a::b',
    'at file:///opt/trunkline/src/main.ts:3:1',
  ]) {
    it(`leaves alone: ${text}`, () => assert.equal(new Redactor([infuraKey]).redact(text), text));
  }

  it('takes out every occurrence of a registered secret and keeps the rest', () => {
    const redactor = new Redactor([infuraKey]);
    assert.equal(redactor.redact(`a ${infuraKey} b${infuraKey}c`), 'a [redacted] b[redacted]c');
  });

  it('covers secrets that overlap or contain each other as a whole', () => {
    const redactor = new Redactor(['abcdefgh', 'abcdefghijkl', 'ijklmnop', 'cdefgh']);
    assert.equal(
      redactor.redact('abcdefghijklmnop abcdefghij abcdefghijkl.'),
      '[redacted] [redacted]ij [redacted].',
    );
  });

  it('leaves out secrets so short that they would blot out words', () => {
    assert.equal(new Redactor(['', 'a', 'abcde']).redact('abcde a'), 'abcde a');
  });

  it('learns the keys in a URL, also as they are without their encoding', () => {
    const redactor = new Redactor();
    redactor.addUrl('https://us%2Fer77:pass%3Aword@a.example/v3/rpc/0123456789abcdef?key=q%20secret&x=1');
    for (const key of ['us%2Fer77', 'us/er77', 'pass:word', '0123456789abcdef', 'q secret']) {
      assert.equal(redactor.redact(`<${key}>`), '<[redacted]>');
    }
    assert.equal(redactor.redact('v3 rpc a.example'), 'v3 rpc a.example');
    redactor.addUrl('no URL');
  });

  it('hides a secret in any writing, wherever it stands', () => {
    fc.assert(
      fc.property(
        anySecret,
        fc.constantFrom(...writings),
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary' }),
        (secret, write, before, after) => {
          const written = write(secret);
          const redacted = new Redactor([secret]).redact(`${before} ${written} ${after}`);
          assert.ok(!redacted.includes(secret));
          // What is left must be the surroundings: the writing itself is gone where they do not hold it.
          if (!`${before} [redacted] ${after}`.includes(written)) assert.ok(!redacted.includes(written));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('hides a secret in Base64, also in the middle of a longer text', () => {
    fc.assert(
      fc.property(
        anySecret,
        fc.constantFrom(...base64Writings),
        fc.string({ maxLength: 7 }),
        fc.string({ maxLength: 7 }),
        (secret, write, before, after) => {
          const redacted = new Redactor([secret]).redact(`basic-auth ${write(before + secret + after)}`);
          assert.ok(redacted.includes('[redacted]'));
          const left = decodeURIComponent(redacted.slice(11)).replace('[redacted]', '');
          assert.ok(!Buffer.from(left, 'base64').includes(secret));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('never lets a key in a URL through, whatever the URL and the text around it', () => {
    const canary = 'CANARYkey0123456789';
    const place = fc.constantFrom<(url: URL) => void>(
      url => (url.pathname = `/v3/${canary}`),
      url => (url.search = `?apikey=${canary}`),
      url => (url.username = canary),
      url => (url.password = canary),
      url => (url.hash = canary),
    );
    const writing = fc.constantFrom(...writings.slice(0, 7));
    fc.assert(
      fc.property(fc.webUrl(), place, writing, fc.string(), (address, put, write, around) => {
        const url = new URL(address);
        put(url);
        assert.ok(!new Redactor().redact(`${around} ${write(url.href)} ${around}`).includes(canary));
      }),
      { numRuns: 1000 },
    );
  });

  it('never throws, and gives the same when applied again', () => {
    const redactor = new Redactor([infuraKey]);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), text => {
        const once = redactor.redact(text);
        assert.equal(redactor.redact(once), once);
      }),
      { numRuns: 1000 },
    );
  });

  it('ends soon on texts made to backtrack', () => {
    const redactor = new Redactor(Array.from({ length: 200 }, (_, i) => `0x${i}aaaaaaaaaaaaaaaaaaaa`));
    for (const piece of [
      '0',
      '%25',
      '\\',
      '\\u00',
      ')',
      'a:/',
      'https://',
      'bearer ',
      'api_key',
      '0xaa',
      '%3a%2f%2f',
    ]) {
      const text = piece.repeat(200_000 / piece.length);
      const before = process.cpuUsage();
      redactor.redact(text);
      const { user } = process.cpuUsage(before);
      // Some 10 ms; a quadratic step over 200,000 characters would take a minute.
      assert.ok(user < 3_000_000, `${piece}: ${user} µs`);
    }
  });
});

describe('Redactor.redactBounded', () => {
  it('keeps short texts whole and says how long a long one was', () => {
    const redactor = new Redactor();
    assert.equal(redactor.redactBounded('abc', 3), 'abc');
    assert.equal(redactor.redactBounded('abcd', 3), 'abc… (4 characters)');
  });

  it('does not show half a secret at the cut', () => {
    const redactor = new Redactor([infuraKey]);
    const percent = [...infuraKey].map(c => `%${c.charCodeAt(0).toString(16)}`).join('');
    for (const key of [infuraKey, percent]) {
      for (let at = 0; at < 2500; at += 7) {
        const text = 'x'.repeat(at) + key.repeat(200);
        assert.ok(!/9aa3|%39%61/.test(redactor.redactBounded(text, 64)));
      }
    }
  });
});

describe('Redactor.redactFields', () => {
  it('hides what is secret by its name, in objects and in lists of raw headers', () => {
    const fields = {
      headers: { Authorization: 'Basic x', 'X-API-KEY': ['a'], accept: 'json' },
      raw: ['x-token', 'abc', 'accept', 'json'],
      admin: { token: 't', client_secret: 's' },
    };
    assert.deepEqual(JSON.parse(JSON.stringify(new Redactor().redactFields(fields))), {
      headers: { Authorization: '[redacted]', 'X-API-KEY': '[redacted]', accept: 'json' },
      raw: ['x-token', '[redacted]', 'accept', 'json'],
      admin: { token: '[redacted]', client_secret: '[redacted]' },
    });
  });

  it('hides a canary whatever holds it', () => {
    const canary = 'CANARY/+key "0123"';
    const nested: fc.Arbitrary<unknown> = fc.letrec(tie => ({
      node: fc.oneof(
        { maxDepth: 6 },
        fc.constantFrom(...writings, ...base64Writings).map(write => write(canary)),
        fc.anything(),
        fc.array(tie('node'), { maxLength: 3 }),
        fc.array(tie('node'), { maxLength: 3 }).map(values => new Set(values)),
        fc.dictionary(fc.string(), tie('node'), { maxKeys: 3 }),
        tie('node').map(value => ({ [canary]: value })),
        tie('node').map(value => new Map([[{ [canary]: 1 }, value]])),
        tie('node').map(value =>
          Object.assign(new Error(canary, { cause: value }), { code: canary, details: value }),
        ),
        tie('node').map(value => new AggregateError([value], canary)),
        tie('node').map(value => ({ toJSON: () => value })),
        fc.constant(new URL(`https://u:${encodeURIComponent(canary)}@a.example/${canary}`)),
        fc.constant(Symbol(canary)),
        fc.constant(new Headers({ 'x-other': canary })),
      ),
    })).node;
    const redactor = new Redactor([canary]);
    const stacks = { stacks: true };
    fc.assert(
      fc.property(nested, value => {
        const text = JSON.stringify(redactor.redactFields({ value, [canary]: value }, stacks));
        for (const write of writings) assert.ok(!text.includes(write(canary)), text);
        assert.ok(!text.includes(Buffer.from(canary).toString('base64').replaceAll('=', '')));
      }),
      { numRuns: 1000 },
    );
  });

  it('hides a key that is a number', () => {
    const redactor = new Redactor(['1234567890']);
    assert.deepEqual(
      { ...redactor.redactFields({ a: 1234567890, b: 71234567890n, c: 1234567, d: 1.5 }) },
      { a: '[redacted]', b: '7[redacted]', c: 1234567, d: 1.5 },
    );
  });
});
