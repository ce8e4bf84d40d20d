import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Keypair } from '@solana/web3.js';
import { loadKeypair } from '../../../src/sessions/keypair-file.ts';

const keypair = Keypair.fromSeed(new Uint8Array(32).fill(5));
const content = JSON.stringify([...keypair.secretKey]);

function place(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'keypair-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return join(directory, 'id.json');
}

test('reads what the Solana CLI writes', async t => {
  const path = place(t);
  writeFileSync(path, content, { mode: 0o600 });
  const loaded = await loadKeypair(path, { isMade: false });
  assert.equal(loaded.publicKey.toBase58(), keypair.publicKey.toBase58());
});

for (const mode of [0o640, 0o604, 0o620, 0o601, 0o644]) {
  test(`refuses a file of mode ${mode.toString(8)}, and says of which setting it is and what to run`, async t => {
    const path = place(t);
    writeFileSync(path, content);
    chmodSync(path, mode);
    await assert.rejects(loadKeypair(path, { isMade: true }), {
      code: 'session_keypair_unsafe',
      message: `sessions.keypair: others may read ${path} (mode 0${mode.toString(8)}): run \`chmod 600 ${path}\``,
    });
  });
}

test('a pipe is refused at once: nobody may ever write to it', async t => {
  const path = place(t);
  execFileSync('sh', ['-c', 'mkfifo -m 600 "$0"', path]);
  await assert.rejects(loadKeypair(path, { isMade: true }), { code: 'session_keypair_invalid' });
});

test('a missing file is an error, unless it is to be made', async t => {
  const path = join(place(t), 'deeper', 'id.json');
  await assert.rejects(loadKeypair(path, { isMade: false }), {
    code: 'session_keypair_missing',
    message: `sessions.keypair: there is no file ${path}`,
  });
  assert.equal(existsSync(path), false);
  const made = await loadKeypair(path, { isMade: true });
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), [...made.secretKey]);
  const again = await loadKeypair(path, { isMade: true });
  assert.equal(again.publicKey.toBase58(), made.publicKey.toBase58());
});

for (const [title, text] of [
  ['nothing', ''],
  ['no JSON', content.slice(0, -5)],
  ['63 bytes', JSON.stringify([...keypair.secretKey].slice(1))],
  ['numbers that are no bytes', content.replace('5', '500')],
  ['another public key', JSON.stringify([...keypair.secretKey].with(40, 1).with(41, 2))],
  ['an object', '{"secretKey":[1]}'],
  ['too much', content.padEnd(5_000)],
] as const) {
  test(`${title}: refused without a word of what is in the file`, async t => {
    const path = place(t);
    writeFileSync(path, text, { mode: 0o600 });
    await assert.rejects(loadKeypair(path, { isMade: true }), (error: Error & { code: string }) => {
      assert.equal(error.code, 'session_keypair_invalid');
      assert.equal(error.cause, undefined);
      assert.doesNotMatch(error.message, /\d{1,3},\d/);
      return true;
    });
  });
}

test('a directory is refused', async t => {
  const path = place(t);
  mkdirSync(path, { mode: 0o700 });
  await assert.rejects(loadKeypair(path, { isMade: true }), { code: 'session_keypair_invalid' });
});
