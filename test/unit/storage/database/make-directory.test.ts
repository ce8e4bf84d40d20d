import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { makeDirectory } from '../../../../src/storage/database/make-directory.ts';
import { temporaryDirectory } from './store-fixture.ts';

const module = pathToFileURL(
  join(import.meta.dirname, '../../../../src/storage/database/make-directory.ts'),
).href;

test('makes what is missing above, and leaves what is there', t => {
  const directory = temporaryDirectory(t);
  const deep = join(directory, 'a', 'b', 'c');
  makeDirectory(deep);
  makeDirectory(deep);
  makeDirectory(`${directory}/d/../e/`);
  makeDirectory('/');
  makeDirectory('.');
  for (const made of [deep, join(directory, 'e')]) assert.ok(statSync(made).isDirectory());
});

test('follows a link to a directory', t => {
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, 'real'));
  symlinkSync(join(directory, 'real'), join(directory, 'link'));
  makeDirectory(join(directory, 'link'));
  makeDirectory(join(directory, 'link', 'below', 'it'));
  assert.ok(existsSync(join(directory, 'real', 'below', 'it')));
});

test('a file in the place of the directory is EEXIST, and above it ENOTDIR', t => {
  const directory = temporaryDirectory(t);
  const file = join(directory, 'file');
  writeFileSync(file, '');
  assert.throws(() => makeDirectory(file), { code: 'EEXIST' });
  assert.throws(() => makeDirectory(join(file, 'below', 'it')), { code: 'ENOTDIR' });
});

test('a link to nowhere is an error', t => {
  const directory = temporaryDirectory(t);
  symlinkSync(join(directory, 'nowhere'), join(directory, 'link'));
  assert.throws(() => makeDirectory(join(directory, 'link')), { code: 'EEXIST' });
});

test('an empty name is ENOENT', () => {
  assert.throws(() => makeDirectory(''), { code: 'ENOENT' });
});

test('a directory that may not be written is EACCES', t => {
  if (process.getuid?.() === 0) return t.skip('the superuser may write everywhere');
  const directory = temporaryDirectory(t);
  chmodSync(directory, 0o500);
  t.after(() => chmodSync(directory, 0o700));
  assert.throws(() => makeDirectory(join(directory, 'a', 'b')), { code: 'EACCES' });
});

test('ends with ENOENT where nothing can be made although the directory above is there', t => {
  if (!existsSync('/proc/self')) return t.skip('there is no /proc');
  // In a process of its own: what this is about blocks the whole process.
  const program = `
    const { makeDirectory } = await import(${JSON.stringify(module)});
    for (const path of ['/proc/trunkline', '/proc/trunkline/a/b'])
      try { makeDirectory(path); } catch (error) { console.log(error.code); }`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  assert.equal(stdout, 'ENOENT\nENOENT\n');
});
