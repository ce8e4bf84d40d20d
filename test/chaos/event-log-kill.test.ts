import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Durability } from '../../src/storage/channel/messages.ts';
import type { AppendingStart, FoundHistory } from '../fixtures/feed/appending-process.ts';

/** How often the process is killed; 500 times with TRUNKLINE_KILLS=500. */
const kills = Number(process.env.TRUNKLINE_KILLS ?? 15);
/** The share of kills while the log is opened; the others hit it while it appends. */
const killsWhileOpening = 0.15;
/** Milliseconds within which the kill comes: behind the order to open, or behind the first commit. */
const openingMs = 80;
const appendingMs = 60;

const entry = join(import.meta.dirname, '../fixtures/feed/appending-process.ts');

describe('kill -9 of the whole process under appends to the event log', () => {
  it(`keeps every cursor that was told, in one epoch, ${kills} times`, t => killing(t, 'commit', kills));

  it('keeps every cursor that was told over an `fsync` store', t =>
    killing(t, 'fsync', Math.ceil(kills / 5)));
});

async function killing(t: TestContext, durability: Durability, rounds: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'trunkline-log-kills-'));
  const children = new Set<ChildProcess>();
  t.after(() => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });
  const launch = () => spawn(children, join(directory, 'compiled'));
  let next = launch();
  let epoch: string | undefined;
  let told = 0;
  for (let round = 0; round <= rounds; round++) {
    const child = await next;
    // Loading takes longer than a round, so that the next one does it meanwhile.
    if (round < rounds) next = launch();
    const life = new Life(child);
    child.send({ directory, durability } satisfies AppendingStart);
    const isWhileOpening = round < rounds && Math.random() < killsWhileOpening;
    if (!isWhileOpening) await life.firstCommit;
    await pause(Math.random() * (isWhileOpening ? openingMs : appendingMs));
    child.kill('SIGKILL');
    assert.equal(await life.ended, 'SIGKILL', `round ${round}: it ended by itself`);
    children.delete(child);
    const { found } = life;
    if (found === undefined) continue;
    assert.deepEqual(found.problems, [], `round ${round}`);
    assert.ok(found.head >= told, `round ${round}: ${told} was told, ${found.head} is the last one there`);
    assert.equal(found.reset, epoch === undefined ? 'new' : undefined, `round ${round}`);
    epoch ??= found.epoch;
    assert.deepEqual([...new Set([epoch, found.epoch, ...life.epochs])], [epoch], `round ${round}`);
    assert.ok(life.isInOrder, `round ${round}: cursors came out of order`);
    told = Math.max(told, life.told);
  }
  assert.ok(told > rounds * 5, `only ${told} events were committed`);
  t.diagnostic(`${durability}: ${rounds} kills, ${told} events`);
}

/** One life of the process. */
class Life {
  found: FoundHistory | undefined;
  told = 0;
  isInOrder = true;
  readonly epochs = new Set<string>();
  readonly firstCommit: Promise<void>;
  readonly ended: Promise<string>;

  constructor(child: ChildProcess) {
    let seen = () => {};
    this.firstCommit = new Promise(resolve => {
      seen = resolve;
    });
    const lines = createInterface({ input: child.stdout! });
    lines.on('line', line => {
      if (line.startsWith('found ')) {
        this.found = JSON.parse(line.slice(6));
        return;
      }
      const [epoch, offset] = line.split(' ');
      this.epochs.add(epoch!);
      if (Number(offset) <= Math.max(this.told, this.found?.head ?? 0)) this.isInOrder = false;
      this.told = Number(offset);
      seen();
    });
    this.ended = Promise.all([once(child, 'exit'), once(lines, 'close')]).then(([[code, signal]]) => {
      seen();
      return String(signal ?? code);
    });
  }
}

async function spawn(children: Set<ChildProcess>, cache: string): Promise<ChildProcess> {
  const env = { ...process.env, NODE_COMPILE_CACHE: cache };
  const child = fork(entry, { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  children.add(child);
  const [word] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
  assert.equal(word, 'loaded');
  return child;
}
