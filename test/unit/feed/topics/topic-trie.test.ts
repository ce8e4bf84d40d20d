import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TopicTrie } from '../../../../src/feed/topics/topic-trie.ts';

/** NATS' rule, as one would write it down. */
function matchesNaively(pattern: string, topic: string): boolean {
  const source = pattern
    .split('.')
    .map(token => (token === '*' ? '[^.]+' : token === '>' ? '.+' : token))
    .join('\\.');
  return new RegExp(`^${source}$`).test(topic);
}

const token = fc.constantFrom('a', 'b', 'c');
const topic = fc.array(token, { minLength: 1, maxLength: 5 }).map(tokens => tokens.join('.'));
const pattern = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', 'c', '*'), { maxLength: 4 }), fc.constantFrom('a', '*', '>'))
  .map(([tokens, last]) => [...tokens, last].join('.'));

describe('topic trie', () => {
  it('finds what a naive matcher finds, whatever was added, removed and asked before', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), pattern, value: fc.nat(5) }),
      fc.record({ kind: fc.constant('remove' as const), pattern, value: fc.nat(5) }),
      fc.record({ kind: fc.constant('match' as const), topic }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), steps => {
        const trie = new TopicTrie<number>({ maxCached: 3 });
        const held = new Set<string>();
        for (const one of steps) {
          if (one.kind === 'add') {
            trie.add(one.pattern, one.value);
            held.add(`${one.pattern} ${one.value}`);
          } else if (one.kind === 'remove') {
            trie.remove(one.pattern, one.value);
            held.delete(`${one.pattern} ${one.value}`);
          } else {
            const wanted = new Set<number>();
            for (const entry of held) {
              const [of, value] = entry.split(' ');
              if (matchesNaively(of!, one.topic)) wanted.add(Number(value));
            }
            assert.deepEqual([...trie.match(one.topic)].sort(), [...wanted].sort());
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('gives the same list as long as no pattern changes, and remembers a bounded number of topics', () => {
    const trie = new TopicTrie<string>({ maxCached: 100 });
    trie.add('a.>', 'x');
    assert.equal(trie.match('a.1'), trie.match('a.1'));
    for (let i = 0; i < 1_000; i++) trie.match(`a.${i}`);
    assert.equal(trie.cached, 100);
    trie.add('a.5', 'y');
    assert.equal(trie.cached, 100);
    assert.deepEqual(trie.match('a.5'), ['x', 'y']);
    trie.remove('a.*', 'x');
    assert.equal(trie.cached, 0);
  });

  it('answers with the worst patterns that are allowed, and to topics of any length', () => {
    const trie = new TopicTrie<number>();
    // Every mix of a literal and a wildcard over eight tokens.
    for (let mix = 0; mix < 256; mix++) {
      const tokens = Array.from({ length: 8 }, (_, at) => ((mix >> at) & 1 ? '*' : 'a'));
      trie.add(tokens.join('.'), mix);
      trie.add([...tokens.slice(0, 7), '>'].join('.'), mix);
    }
    const long = Array.from({ length: 10_000 }, () => 'a').join('.');
    assert.equal(trie.match('a.a.a.a.a.a.a.a').length, 256);
    assert.equal(trie.match(long).length, 256);
    assert.equal(trie.match('a.a.a.a.a.a.a.b').length, 256);
  });
});
