import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { diff } from '../../../src/config/diff.ts';
import { formatDiagnostics } from '../../../src/config/format-diagnostics.ts';
import { parseConfig } from '../../../src/config/parse-config.ts';
import { smallest } from './sample-config.ts';

const shipped = readFileSync(new URL('../../../config/chains.yaml', import.meta.url), 'utf8');
const env = { A: 'a: {b: "c"}\n', B: '$1', KEY: 'k3y-k3y-k3y' };

/** The longest that one small input may take, in ms; the machine may be busy, so the best of three counts. */
const longestMs = 50;

function check(text: string): void {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3 && best > longestMs; round++) {
    const start = performance.now();
    const result = parseConfig(text, 'chains.yaml', env);
    best = Math.min(best, performance.now() - start);
    const shown = formatDiagnostics([...(result.ok ? [] : result.diagnostics), ...result.warnings]);
    assert.ok(!shown.includes(env.KEY));
    if (!result.ok) assert.ok(result.diagnostics.length > 0, 'refused without a reason');
    else assert.equal(diff(result.config, result.config).isEmpty, true);
  }
  assert.ok(best <= longestMs, `${best} ms for ${JSON.stringify(text).slice(0, 200)}`);
}

const fragment = fc.constantFrom(
  ...[
    'chains',
    'server',
    'defaults',
    'providers',
    'url',
    'devnet',
    'a',
    '1',
    '-',
    ':',
    ': ',
    '\n',
    '\n  ',
    ' ',
    '"',
    "'",
    '{',
    '}',
  ],
  ...[
    '[',
    ']',
    ',',
    '&a ',
    '*a',
    '<<',
    '!',
    '|',
    '>',
    '#',
    '%',
    '@',
    '`',
    '?',
    '---',
    '...',
    '${A}',
    '${B:-x}',
    '${',
    '$$',
    '\t',
  ],
  ...[
    '\u0000',
    '\ufeff',
    '__proto__',
    'constructor',
    'https://h/${KEY}',
    'null',
    '~',
    '1e999',
    '0x1',
    '.nan',
    '日本',
    '\ud800',
  ],
);

describe('parseConfig on any input', () => {
  // The first call compiles the schemas; what is bounded is the work on an input.
  parseConfig(smallest, 'chains.yaml', env);

  it('neither throws nor takes long on arbitrary strings', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 400 }), check), { numRuns: 500 });
  });

  it('neither throws nor takes long on pieces of YAML in any order', () => {
    fc.assert(
      fc.property(
        fc.array(fragment, { maxLength: 120 }).map(parts => parts.join('')),
        check,
      ),
      { numRuns: 1500 },
    );
  });

  it('neither throws nor takes long on configs of any values', () => {
    const keys = [
      'chains',
      'server',
      'port',
      'a',
      'chain_id',
      'providers',
      'id',
      'url',
      'devnet',
      'failover',
      'deadline',
      'headers',
      'admin',
      'token',
    ];
    const value = fc.letrec(tie => ({
      node: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom('https://a.example/${KEY}', '${KEY}', '${NONE}', '1s', 'x', ''),
        fc.integer(),
        fc.double(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('node'), { maxLength: 4 }),
        fc.dictionary(fc.constantFrom(...keys), tie('node'), { maxKeys: 5, noNullPrototype: true }),
      ),
    })).node;
    fc.assert(
      fc.property(value, data => check(JSON.stringify(data) ?? '')),
      { numRuns: 1000 },
    );
    const chains = fc.record({
      chains: fc.dictionary(fc.constantFrom('a', 'b', '1', '__proto__'), value, { maxKeys: 3 }),
    });
    fc.assert(
      fc.property(chains, data => check(JSON.stringify(data))),
      { numRuns: 1000 },
    );
  });

  it('neither throws nor leaks on the shipped file with a piece cut out or put in', () => {
    const edit = fc.tuple(fc.nat(shipped.length), fc.nat(40), fragment);
    fc.assert(
      fc.property(edit, ([at, length, piece]) => {
        const text = shipped.slice(0, at) + piece + shipped.slice(at + length);
        const result = parseConfig(text, 'chains.yaml', {
          ...env,
          INFURA_API_KEY: env.KEY,
          ALCHEMY_API_KEY: env.KEY,
        });
        const shown = formatDiagnostics([...(result.ok ? [] : result.diagnostics), ...result.warnings]);
        assert.ok(!shown.includes(env.KEY));
      }),
      { numRuns: 200 },
    );
  });
});
