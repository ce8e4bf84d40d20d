import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compileGlob } from '../../../../src/protocol/resp/glob.ts';

const isMatch = (pattern: string, subject: string): boolean =>
  compileGlob(Buffer.from(pattern, 'latin1'))(Buffer.from(subject, 'latin1'));

/** Redis' stringmatchlen, transcribed with its recursion: the meaning, not the speed. */
function reference(pattern: string, subject: string): boolean {
  let p = 0;
  let s = 0;
  while (p < pattern.length && s < subject.length) {
    const byte = pattern[p]!;
    if (byte === '*') {
      while (pattern[p + 1] === '*') p++;
      if (p + 1 === pattern.length) return true;
      for (let at = s; at <= subject.length; at++) {
        if (reference(pattern.slice(p + 1), subject.slice(at))) return true;
      }
      return false;
    }
    if (byte === '[') {
      p++;
      const isNegated = pattern[p] === '^';
      if (isNegated) p++;
      let isIn = false;
      for (; p < pattern.length && pattern[p] !== ']'; p++) {
        if (pattern[p] === '\\' && p + 1 < pattern.length) {
          p++;
          isIn ||= pattern[p] === subject[s];
        } else if (p + 2 < pattern.length && pattern[p + 1] === '-') {
          const [low, high] = [pattern[p]!, pattern[p + 2]!].sort();
          isIn ||= subject[s]! >= low! && subject[s]! <= high!;
          p += 2;
        } else isIn ||= pattern[p] === subject[s];
      }
      if (isIn === isNegated) return false;
    } else if (byte !== '?') {
      if (byte === '\\' && p + 1 < pattern.length) p++;
      if (pattern[p] !== subject[s]) return false;
    }
    p++;
    s++;
  }
  if (s === subject.length) while (pattern[p] === '*') p++;
  return p >= pattern.length && s === subject.length;
}

describe('compileGlob', () => {
  it('matches as Redis documents it', () => {
    const cases: readonly (readonly [string, string, boolean])[] = [
      ['*', '', true],
      ['', '', true],
      ['', 'a', false],
      ['h?llo', 'hello', true],
      ['h?llo', 'hllo', false],
      ['h*llo', 'heeeello', true],
      ['h[ae]llo', 'hillo', false],
      ['h[^e]llo', 'hello', false],
      ['h[a-b]llo', 'hbllo', true],
      ['h[b-a]llo', 'hbllo', true],
      ['h\\?llo', 'h?llo', true],
      ['h\\?llo', 'hello', false],
      ['[\\]]', ']', true],
      ['[]', ']', false],
      ['[abc', 'b', true],
      ['a\\', 'a\\', true],
      ['[a-]', '-', false],
      ['\xff*', '\xffa', true],
    ];
    for (const [pattern, subject, expected] of cases) {
      assert.equal(isMatch(pattern, subject), expected, `${pattern} on ${subject}`);
    }
  });

  it('agrees with the algorithm of Redis', () => {
    const unit = fc.constantFrom('a', 'b', 'c', '*', '?', '[', ']', '^', '-', '\\');
    const pattern = fc.array(unit, { maxLength: 10 }).map(units => units.join(''));
    const subject = fc
      .array(fc.constantFrom('a', 'b', 'c', '-', ']', '\\'), { maxLength: 8 })
      .map(u => u.join(''));
    fc.assert(
      fc.property(pattern, subject, (p, s) => {
        assert.equal(isMatch(p, s), reference(p, s));
      }),
      { numRuns: 5000 },
    );
  });

  it('needs little memory for a pattern of any length', () => {
    const before = performance.now();
    const used = process.memoryUsage().arrayBuffers;
    assert.equal(isMatch('[a]'.repeat(500_000), 'a'), false);
    assert.equal(isMatch('*'.repeat(500_000), 'a'), true);
    assert.equal(isMatch(`[${'a'.repeat(500_000)}]`, 'a'), true);
    assert.ok(process.memoryUsage().arrayBuffers - used < 16 * 2 ** 20);
    assert.ok(performance.now() - before < 500);
  });

  it('does not backtrack exponentially', () => {
    const before = performance.now();
    assert.equal(isMatch(`${'a*'.repeat(100)}b`, 'a'.repeat(5000)), false);
    assert.equal(isMatch(`${'*a'.repeat(100)}[b]`, 'a'.repeat(5000)), false);
    assert.ok(performance.now() - before < 50);
  });
});
