import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const launcher = fileURLToPath(new URL('../../../bin/trunkline.js', import.meta.url));

/** A copy of the launcher in a package of its own, with these files beside it. */
function packageWith(t: TestContext, files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'trunkline-launcher-'));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'bin'));
  copyFileSync(launcher, join(root, 'bin/trunkline.js'));
  for (const [path, text] of Object.entries({ 'package.json': '{"type":"module"}', ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

function run(script: string, version?: string) {
  const pretend =
    version === undefined
      ? []
      : [
          '--import',
          `data:text/javascript,Object.defineProperty(process,"versions",{value:{node:"${version}"}})`,
        ];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...pretend, script, 'check', '--x'], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { status, stdout, stderr };
}

const main = (name: string) => `console.log(${JSON.stringify(name)}, process.argv.slice(2).join(' '));`;

describe('bin/trunkline.js', () => {
  it('runs the TypeScript of a clone, also when a build is there', t => {
    const root = packageWith(t, {
      'src/main.ts': `const x: number = 1; void x; ${main('src')}`,
      'dist/src/main.js': main('dist'),
    });
    assert.deepEqual(run(join(root, 'bin/trunkline.js')), {
      status: 0,
      stdout: 'src check --x\n',
      stderr: '',
    });
  });

  it('runs the build of a published package, also through a symbolic link as npx does', t => {
    const root = packageWith(t, { 'dist/src/main.js': main('dist') });
    symlinkSync(join(root, 'bin/trunkline.js'), join(root, 'link'));
    assert.equal(run(join(root, 'link')).stdout, 'dist check --x\n');
  });

  for (const version of ['12.21.0', '18.20.4', '20.20.2', '22.18.0']) {
    it(`says in one line what it needs on Node ${version}`, t => {
      const root = packageWith(t, { 'src/main.ts': main('src') });
      const { status, stdout, stderr } = run(join(root, 'bin/trunkline.js'), version);
      assert.equal(status, 1);
      assert.equal(stdout, '');
      assert.equal(
        stderr,
        `Trunkline needs Node 22.19 or newer; this is v${version}. ` +
          '`npm ci` brings a newer one: use `npm start` or `npx trunkline`.\n',
      );
    });
  }

  for (const version of ['22.19.0', '24.0.0', '100.0.0']) {
    it(`runs on Node ${version}`, t => {
      const root = packageWith(t, { 'dist/src/main.js': main('dist') });
      assert.equal(run(join(root, 'bin/trunkline.js'), version).status, 0);
    });
  }

  it('says in one line that a checkout is not complete', t => {
    const { status, stderr } = run(join(packageWith(t, {}), 'bin/trunkline.js'));
    assert.equal(status, 1);
    assert.match(stderr, /^Trunkline is not complete here.*\n$/);
  });
});
