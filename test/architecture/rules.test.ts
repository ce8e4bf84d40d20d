import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { clockOwners, layers, packageOwners, restrictedFolders } from './support/house-rules.ts';
import {
  clockViolations,
  danglingImports,
  importCycles,
  layerViolations,
  longFiles,
  packageViolations,
} from './support/rules.ts';
import { readSourceTree, type SourceFile } from './support/source-tree.ts';

/** A house with these files, on disk as the real one is. */
function house(t: TestContext, files: Readonly<Record<string, string>>): SourceFile[] {
  const root = mkdtempSync(join(tmpdir(), 'trunkline-house-'));
  t.after(() => rmSync(root, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return readSourceTree(root, ['src', 'supervisors']);
}

const layersOf = (files: SourceFile[]) => layerViolations(files, layers, restrictedFolders);

describe('the layer rule', () => {
  it('allows imports downwards and inside a folder', t => {
    const files = house(t, {
      'src/clock/clock.ts': 'export interface Clock {}',
      'src/gateway/http/server.ts':
        "import '../calls.ts'; import type { Clock } from '../../clock/clock.ts';",
      'src/gateway/calls.ts': '',
      'src/main.ts': "import '../supervisors/root.ts'; import './devnet/devnet.ts';",
      'src/devnet/devnet.ts': '',
      'supervisors/root.ts': "import '../src/gateway/calls.ts';",
    });
    assert.deepEqual(layersOf(files), []);
  });

  const forbidden: Readonly<Record<string, readonly [from: string, to: string]>> = {
    'an import upwards': ['src/providers/provider.ts', 'src/aggregation/stream-hub.ts'],
    'an import across one layer': ['src/otp/process.ts', 'src/protocol/write.ts'],
    'an import of the devnet by a feature': ['src/gateway/gateway.ts', 'src/devnet/devnet.ts'],
    'an import of the tree by a feature': ['src/gateway/gateway.ts', 'supervisors/root.ts'],
    'an import of main': ['src/cli/start.ts', 'src/main.ts'],
    'an import of a folder that no layer knows': ['src/gateway/gateway.ts', 'src/utils/text.ts'],
  };
  for (const [name, [from, to]] of Object.entries(forbidden)) {
    for (const form of ['import { x } from', 'import type { X } from', 'export * from', 'import']) {
      it(`finds ${name}, written as "${form}"`, t => {
        const up = from.startsWith('src/') ? from.split('/').length - 1 : 1;
        const files = house(t, { [from]: `${form} '${'../'.repeat(up)}${to}';`, [to]: '' });
        assert.ok(layersOf(files).includes(`${from} must not import ${to}`));
      });
    }
  }

  it('finds a dynamic import upwards', t => {
    const files = house(t, {
      'src/otp/a.ts': "await import('../config/load.ts');",
      'src/config/load.ts': '',
    });
    assert.deepEqual(layersOf(files), ['src/otp/a.ts must not import src/config/load.ts']);
  });

  it('finds a folder that no layer knows', t => {
    assert.deepEqual(layersOf(house(t, { 'src/utils/text.ts': '' })), [
      'src/utils/text.ts: the folder utils is in no layer',
    ]);
  });
});

describe('the package rule', () => {
  it('finds a package outside its folder, one that nobody owns, and one behind a path', t => {
    const files = house(t, {
      'src/providers/http.ts': "import { Pool } from 'undici'; import fs from 'node:fs';",
      'src/gateway/http.ts': "import { Pool } from 'undici';",
      'src/gateway/text.ts':
        "import x from 'lodash/fp'; import y from '@scope/name/deep'; import z from 'toString';",
    });
    assert.deepEqual(packageViolations(files, packageOwners), [
      'src/gateway/http.ts must not import the package undici',
      'src/gateway/text.ts must not import the package lodash',
      'src/gateway/text.ts must not import the package @scope/name',
      'src/gateway/text.ts must not import the package toString',
    ]);
  });
});

describe('the rule on what the product leans on', () => {
  it('finds imports of tests and of files that are not there', t => {
    const files = house(t, {
      'src/otp/a.ts': "import '../../test/support/eventually.ts'; import './gone.ts'; import './b.ts';",
      'src/otp/b.ts': '',
    });
    assert.deepEqual(danglingImports(files), [
      'src/otp/a.ts imports test/support/eventually.ts',
      'src/otp/a.ts imports src/otp/gone.ts',
    ]);
  });
});

describe('the rule on cycles', () => {
  it('finds each circle of files that need each other, once', t => {
    const files = house(t, {
      'src/otp/a.ts': "import './b.ts';",
      'src/otp/b.ts': "import './c.ts';",
      'src/otp/c.ts': "import './a.ts'; import './d.ts';",
      'src/otp/d.ts': "import './d.ts';",
      'src/otp/e.ts': "import './a.ts';",
    });
    assert.deepEqual(importCycles(files).sort(), [
      ['src/otp/a.ts', 'src/otp/b.ts', 'src/otp/c.ts'],
      ['src/otp/d.ts'],
    ]);
  });

  it('lets types refer to each other', t => {
    const files = house(t, {
      'src/otp/a.ts': "import './b.ts';",
      'src/otp/b.ts': "import type { A } from './a.ts';",
    });
    assert.deepEqual(importCycles(files), []);
  });
});

describe('the rule on length', () => {
  it('finds a file of one line too many', t => {
    const files = house(t, { 'src/otp/a.ts': 'x;\n'.repeat(10), 'src/otp/b.ts': 'x;\n'.repeat(11) });
    assert.deepEqual(longFiles(files, 10), ['src/otp/b.ts: 11 lines']);
  });
});

describe('the rule on the clock', () => {
  const found = (t: TestContext, text: string) =>
    clockViolations(house(t, { 'src/otp/a.ts': text }), clockOwners);

  for (const use of [
    'Date.now()',
    'const now = Date.now;',
    'new Date()',
    'new Date;',
    'performance.now()',
    'process.hrtime.bigint()',
    'setTimeout(f, 1)',
    'await new Promise(resolve => setTimeout(resolve, 1))',
    'setInterval(() => { f(); }, 1)',
    'globalThis.setTimeout(f, 1)',
    'AbortSignal.timeout(1)',
    "import { setTimeout } from 'node:timers/promises';",
  ]) {
    it(`finds ${use}`, t => assert.equal(found(t, `first();\n${use}`).length, 1));
  }

  for (const use of [
    'clock.setTimeout(f, 1)',
    'this.#clock.setInterval(f, 1)',
    'setImmediate(f); queueMicrotask(f);',
    '// Date.now() and setTimeout(f) in a comment',
    "const text = 'performance.now()';",
    'new Date(clock.wallNow())',
    'performance.eventLoopUtilization()',
    'interface Clock { setTimeout(callback: () => void, ms: number): Handle; }',
    'clearTimeout(timer)',
  ]) {
    it(`allows ${use}`, t => assert.deepEqual(found(t, use), []));
  }

  it('says where, and lets the clock itself do it', t => {
    assert.deepEqual(found(t, '\n\n  Date.now();'), ['src/otp/a.ts:3: Date.now']);
    assert.deepEqual(
      clockViolations(house(t, { 'src/clock/system-clock.ts': 'Date.now()' }), clockOwners),
      [],
    );
  });
});
