import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { findAnvilBinary } from '../../../src/devnet/anvil-binary.ts';

function install(t: { after(end: () => void): void }, packages: Record<string, string | undefined>): URL {
  const root = mkdtempSync(path.join(tmpdir(), 'anvil-binary-'));
  t.after(() => rmSync(root, { recursive: true }));
  for (const [directory, binary] of Object.entries(packages)) {
    const folder = path.join(root, 'node_modules', directory);
    mkdirSync(path.join(folder, 'bin'), { recursive: true });
    writeFileSync(path.join(folder, 'package.json'), '{}');
    if (binary !== undefined) writeFileSync(path.join(folder, 'bin', binary), '');
  }
  return pathToFileURL(path.join(root, 'index.js'));
}

test('finds the binary of the platform package beside the launcher', t => {
  const from = install(t, { '@foundry-rs/anvil': undefined, '@foundry-rs/anvil-linux-amd64': 'anvil' });
  const found = findAnvilBinary({ from, platform: 'linux', arch: 'x64' });
  assert.match(found, /anvil-linux-amd64[/\\]bin[/\\]anvil$/);
});

test('finds the binary of a platform package nested below the launcher', t => {
  const nested = '@foundry-rs/anvil/node_modules/@foundry-rs/anvil-darwin-arm64';
  const from = install(t, { '@foundry-rs/anvil': undefined, [nested]: 'anvil' });
  assert.match(findAnvilBinary({ from, platform: 'darwin', arch: 'arm64' }), /anvil-darwin-arm64/);
});

test('looks for an .exe on Windows', t => {
  const from = install(t, { '@foundry-rs/anvil': undefined, '@foundry-rs/anvil-win32-amd64': 'anvil.exe' });
  assert.match(findAnvilBinary({ from, platform: 'win32', arch: 'x64' }), /anvil\.exe$/);
});

for (const [what, packages] of Object.entries({
  'an install without development dependencies': {},
  'an install without optional dependencies': { '@foundry-rs/anvil': undefined },
  'a platform package without its file': {
    '@foundry-rs/anvil': undefined,
    '@foundry-rs/anvil-linux-amd64': undefined,
  },
})) {
  test(`says what to install after ${what}`, t => {
    const from = install(t, packages);
    assert.throws(() => findAnvilBinary({ from, platform: 'linux', arch: 'x64' }), {
      code: 'devnet_anvil_missing',
      message: /@foundry-rs\/anvil-linux-amd64.*npm ci.*--omit=dev/,
    });
  });
}
