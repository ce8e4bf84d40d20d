import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { scanSource } from './support/scan-source.ts';

const specifiers = (source: string) => scanSource(source).imports.map(({ specifier }) => specifier);
const words = (source: string) => scanSource(source).code.match(/\w+/g) ?? [];

describe('scanSource', () => {
  it('finds every form of import', () => {
    const source = `
      import a from './a.ts';
      import b, { type C } from "./b.ts";
      import * as d from 'd';
      import type { E } from './e.ts';
      import './f.ts';
      export { g } from './g.ts';
      export * from './h.ts';
      export type { I } from './i.ts';
      import {
        j, // with a comment
      } from './j.ts';
      const k = await import('./k.ts');
      const l = require('l');`;
    assert.deepEqual(
      specifiers(source).sort(),
      [
        './a.ts',
        './b.ts',
        './e.ts',
        './f.ts',
        './g.ts',
        './h.ts',
        './i.ts',
        './j.ts',
        './k.ts',
        'd',
        'l',
      ].sort(),
    );
  });

  it('tells what is erased at run time', () => {
    const typeOnly = (source: string) => scanSource(source).imports.map(found => found.typeOnly);
    assert.deepEqual(typeOnly(`import type { A } from 'a'; export type { B } from 'b';`), [true, true]);
    // Node and tsc keep the import itself here.
    assert.deepEqual(typeOnly(`import { type A } from 'a';`), [false]);
    assert.deepEqual(typeOnly(`import type from 'a';`), [false]);
  });

  it('takes imports in comments and strings for what they are', () => {
    assert.deepEqual(specifiers(`// import a from 'a'\n/* import 'b' */ const s = "import c from 'c'";`), []);
    assert.deepEqual(specifiers("const s = `import a from 'a'; ${x} import('b')`;"), []);
  });

  it('blanks comments, strings, templates and regular expressions, and keeps lines', () => {
    const source =
      "one /* two */ 'three' // four\n`five ${six + `seven ${eight}`} nine`; /ten'/g.eleven; a / twelve / b";
    assert.deepEqual(words(source), ['one', 'six', 'eight', 'g', 'eleven', 'a', 'twelve', 'b']);
    assert.equal(scanSource(source).code.length, source.length);
    assert.equal(scanSource(source).code.indexOf('\n'), source.indexOf('\n'));
  });

  it('is not led astray by quotes in odd places', () => {
    assert.deepEqual(words(`const r = /["'\`/]/; after`), ['const', 'r', 'after']);
    assert.deepEqual(words(`const s = 'it\\'s'; after`), ['const', 's', 'after']);
    assert.deepEqual(words('const o = { a: `x${{ b: 1 }.b}` }; after'), [
      'const',
      'o',
      'a',
      'b',
      '1',
      'b',
      'after',
    ]);
    assert.deepEqual(words(`return /it's/.test(x)`), ['return', 'test', 'x']);
  });
});
