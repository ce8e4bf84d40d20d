import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TrunklineError } from '../../../../src/errors/trunkline-error.ts';
import { parseTopics } from '../../../../src/feed/topics/parse-topics.ts';
import { systemNames } from '../../../../src/feed/topics/system-names.ts';

const names = new Map([
  ['devnet', 'devnet'],
  ['31337', 'devnet'],
  ['eip155:31337', 'devnet'],
]);
const parse = (...topics: readonly unknown[]) =>
  parseTopics(topics, token => {
    const name = names.get(token);
    if (name !== undefined) return { name, family: 'evm' };
    return token === 'sol' || token === 'solana:abc' ? { name: 'sol', family: 'solana' } : undefined;
  });
const key = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
const address = `0x${'Ab'.repeat(20)}`;
const topic0 = `0x${'Cd'.repeat(32)}`;

describe('topics of a subscription', () => {
  it('are patterns in small letters, their chain by its name, and equal sets have equal keys', () => {
    const selector = parse('eip155:31337.heads', `31337.logs.${address}.${topic0}`, 'DEVNET.Heads');
    assert.deepEqual(selector.patterns, [
      'devnet.heads',
      `devnet.logs.${address.toLowerCase()}.${topic0.toLowerCase()}`,
    ]);
    assert.equal(parse('devnet.pending', '*.heads').key, parse('*.heads', '31337.pending', '*.heads').key);
    assert.notEqual(parse('devnet.pending').key, parse('devnet.heads').key);
  });

  it('may be any of these', () => {
    const allowed = [
      '>',
      '*.*',
      '*.>',
      '*.heads',
      '*.*.>',
      'devnet.>',
      'devnet.*',
      'devnet.logs.>',
      'devnet.logs.*.*',
      'devnet.logs.*.>',
      `devnet.logs.${address}.>`,
      `devnet.logs.${address}.*`,
      `devnet.logs.*.${topic0}`,
      'devnet.logs.*.none',
      `devnet.*.${address}.*`,
      'devnet.reorgs',
      'devnet.gaps',
      'devnet.finality',
      'devnet.providers',
      'devnet.pending',
      'system.*',
      'system.>',
      ...systemNames.map(name => `system.${name}`),
    ];
    for (const topic of allowed) assert.deepEqual(parse(topic).patterns, [topic.toLowerCase()]);
  });

  it('are refused, by name and with what is allowed, when they are not or could never match', () => {
    const refused: readonly (readonly [topic: unknown, says: RegExp])[] = [
      [5, /topic of type number is not a string/],
      [null, /of type null/],
      ['', /empty token/],
      ['devnet..heads', /empty token/],
      ['devnet.heads.', /empty token/],
      ['nochain.heads', /"nochain.heads" names no chain.*`feed_info`/],
      ['devnet', /has to name what of the chain/],
      ['*', /has to name what of the chain/],
      ['devnet.head', /has "head" in its second place; allowed are `heads`, `logs`/],
      ['devnet.heads.x', /goes on behind `heads`/],
      ['devnet.heads.>', /goes on behind `heads`/],
      ['>.heads', /before its end/],
      ['devnet.he*', /wildcard inside a token/],
      ['devnet.logs', /`<chain>.logs.<address>.<topic0>`/],
      [`devnet.logs.${address}`, /matches no log/],
      ['devnet.logs.0x12.*', /"0x12" where an address belongs/],
      [`devnet.logs.*.${address}`, /where the first topic belongs/],
      [`devnet.logs.*.${topic0}.*`, /matches no log/],
      ['devnet.*.x', /where an address belongs/],
      ['system', /`system.<name>`/],
      ['system.a.b', /`system.<name>`/],
      ['system.boot', /"boot" in its second place; .* `started`, `stopping`, `config`, and `\*` for all/],
      ['a.b.c.d.e.f.g.h.i', /9 tokens; at most 8/],
      [`devnet.${'x'.repeat(250)}`, /257 characters; at most 256/],
      ['x\n"y.heads', /"x\\n\\"y.heads"/],
    ];
    for (const [topic, says] of refused) {
      assert.throws(
        () => parse('devnet.heads', topic),
        (error: unknown) => {
          assert.ok(error instanceof TrunklineError);
          assert.equal(error.code, 'topic_invalid');
          assert.match(error.message, says);
          assert.ok(error.message.length < 400);
          return true;
        },
      );
    }
  });

  it('of a Solana chain keep the capital letters of keys and names', () => {
    const allowed = [
      'sol.slots',
      'sol.gaps',
      'sol.providers',
      'sol.>',
      'sol.logs.>',
      `sol.logs.${key}`,
      `sol.transactions.${key}`,
      'sol.accounts.*',
      `sol.accounts.${key}`,
      `sol.events.${key}.*`,
      `sol.events.${key}.PDAComputedEvent`,
      'sol.events.*.PDAComputedEvent',
      'sol.events.>',
      '*.slots',
      `*.logs.${key}`,
      `*.events.${key}.>`,
      `sol.*.${key}`,
    ];
    for (const topic of allowed) assert.deepEqual(parse(topic).patterns, [topic]);
    assert.deepEqual(parse(`solana:abc.LOGS.${key}`).patterns, [`sol.logs.${key}`]);
  });

  it('of a Solana chain are refused when they could never match', () => {
    const refused: readonly (readonly [topic: string, says: RegExp])[] = [
      ['sol.heads', /allowed are `slots`, `logs`/],
      ['devnet.slots', /allowed are `heads`, `logs`/],
      ['sol.slots.1', /goes on behind `slots`/],
      ['sol.logs', /`<chain>.logs.<program>`/],
      [`sol.logs.${key}.*`, /its form is/],
      [`sol.logs.0x${'ab'.repeat(20)}`, /where a program belongs/],
      [`sol.logs.${key.toLowerCase().replaceAll('o', '0')}`, /32 bytes in base58/],
      [`sol.events.${key}`, /`<chain>.events.<program>.<name>`/],
      [`sol.events.${key}.a-b`, /name of an event belongs/],
      ['*.nothing', /allowed are `heads`, .*`slots`/],
    ];
    for (const [topic, says] of refused)
      assert.throws(() => parse(topic), { code: 'topic_invalid', message: says }, topic);
  });

  it('are a list of one to 64', () => {
    for (const topics of [undefined, null, {}, 'devnet.heads', [], new Map()]) {
      assert.throws(() => parseTopics(topics, () => undefined), {
        code: 'topic_invalid',
        message: /list of at least one topic/,
      });
    }
    const many = Array.from({ length: 65 }, (_, index) => `*.logs.*.0x${String(index).padStart(64, '0')}`);
    assert.equal(parse(...many.slice(1)).patterns.length, 64);
    assert.throws(() => parse(...many), { code: 'too_many_topics', message: /at most 64/ });
  });
});
