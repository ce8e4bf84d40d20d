import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseYaml } from '../../../../src/config/source/parse-yaml.ts';

const codes = (text: string) => parseYaml(text).findings.map(({ code }) => code);

describe('parseYaml', () => {
  it('knows where each key and value stands', () => {
    const { root } = parseYaml('a:\n  - b: "c"\n');
    assert.ok(root?.kind === 'map');
    const list = root.entries.get('a');
    assert.ok(list?.kind === 'list');
    const item = list.items[0];
    assert.ok(item?.kind === 'map');
    const b = item.entries.get('b');
    assert.deepEqual([b?.keyStart, b?.keyEnd, b?.start, b?.end], [7, 8, 10, 13]);
  });

  it('stops an alias bomb long before it has expanded', () => {
    const names = 'abcdefghij';
    const lines = [`a: &a [${Array(9).fill('x').join(',')}]`];
    for (let i = 1; i < names.length; i++)
      lines.push(
        `${names[i]}: &${names[i]} [${Array(9)
          .fill(`*${names[i - 1]}`)
          .join(',')}]`,
      );
    assert.deepEqual(codes(lines.join('\n')), ['config_too_large']);
  });

  it('stops a chain of aliases and an alias that contains itself', () => {
    const chain = ['a0: &a0 [x]'];
    for (let i = 1; i < 2000; i++) chain.push(`a${i}: &a${i} [*a${i - 1}]`);
    assert.deepEqual(codes(chain.join('\n')), ['config_too_large']);
    assert.deepEqual(codes('a: &a [*a]'), ['config_syntax']);
    assert.deepEqual(codes('a: &a { b: { <<: *a } }'), ['config_syntax']);
  });

  it('takes ordinary use of aliases', () => {
    const text = `base: &base { x: 1 }\n${Array.from({ length: 500 }, (_, i) => `k${i}: *base`).join('\n')}`;
    assert.deepEqual(codes(text), []);
  });

  it('refuses deep nesting in every style without running out of stack', () => {
    for (const open of ['[', '{a: ', '- ', '? ', '[{a: '])
      assert.deepEqual(codes(open.repeat(100_000)), ['config_too_large'], open);
    const indented = Array.from({ length: 500 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n');
    assert.deepEqual(codes(indented), ['config_too_large']);
  });

  it('takes nesting far deeper than any config', () => {
    assert.deepEqual(codes(`a: ${'['.repeat(30)}${']'.repeat(30)}`), []);
  });

  it('refuses unknown anchors, tags, tabs, several documents and keys that are no strings', () => {
    for (const text of [
      'a: *nobody',
      'a: !tag b',
      'a:\n\t- b',
      'a: 1\n---\nb: 2',
      '[a]: b',
      '{ a: 1',
      'a: b: c',
    ]) {
      const found = codes(text);
      assert.ok(found.length > 0 && found.every(code => code === 'config_syntax'), text);
    }
  });

  it('tells one error a line: what follows only echoes it', () => {
    assert.equal(codes('a: ${X} ${Y}\nb: { c: ${X} }}}}\n').length, 1);
  });

  it('merges sections with `<<`, what stands beside it going first', () => {
    const { root } = parseYaml('a: &a { x: 1, y: 1 }\nb: &b { y: 2, z: 2 }\nc: { <<: [*a, *b], x: 3 }');
    assert.ok(root?.kind === 'map');
    const c = root.entries.get('c');
    assert.ok(c?.kind === 'map');
    const values = [...c.entries].map(([key, node]) => [
      key,
      node.kind === 'scalar' ? node.value : node.kind,
    ]);
    assert.deepEqual(Object.fromEntries(values), { x: 3, y: 1, z: 2 });
  });
});
