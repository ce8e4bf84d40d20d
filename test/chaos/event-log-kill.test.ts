import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { Durability } from '../../src/storage/channel/messages.ts';
import type { AppendingStart, FoundHistory } from '../fixtures/feed/appending-process.ts';
import { isNextWhileOpening, KilledProcesses, killCount, ProcessLife } from '../support/killed-processes.ts';

const kills = killCount(15);
const moments = { openingMs: 80, workingMs: 60 };
const entry = join(import.meta.dirname, '../fixtures/feed/appending-process.ts');

describe('kill -9 of the whole process under appends to the event log', () => {
  it(`keeps every cursor that was told, in one epoch, ${kills} times`, t => killing(t, 'commit', kills));

  it('keeps every cursor that was told over an `fsync` store', t =>
    killing(t, 'fsync', Math.ceil(kills / 5)));
});

async function killing(t: TestContext, durability: Durability, rounds: number): Promise<void> {
  const processes = new KilledProcesses(t, entry);
  const { directory } = processes;
  let next = processes.launch();
  let epoch: string | undefined;
  let told = 0;
  for (let round = 0; round <= rounds; round++) {
    const child = await next;
    // Loading takes longer than a round, so that the next one does it meanwhile.
    if (round < rounds) next = processes.launch();
    const heard = new HeardLife();
    const life = new ProcessLife(child, { directory, durability } satisfies AppendingStart, heard);
    const ending = await life.killSoon(moments, round < rounds && isNextWhileOpening());
    assert.equal(ending, 'SIGKILL', `round ${round}: it ended by itself`);
    const { found } = heard;
    if (found === undefined) continue;
    assert.deepEqual(found.problems, [], `round ${round}`);
    assert.ok(found.head >= told, `round ${round}: ${told} was told, ${found.head} is the last one there`);
    assert.equal(found.reset, epoch === undefined ? 'new' : undefined, `round ${round}`);
    epoch ??= found.epoch;
    assert.deepEqual([...new Set([epoch, found.epoch, ...heard.epochs])], [epoch], `round ${round}`);
    assert.ok(heard.isInOrder, `round ${round}: cursors came out of order`);
    told = Math.max(told, heard.told);
  }
  assert.ok(told > rounds * 5, `only ${told} events were committed`);
  t.diagnostic(`${durability}: ${rounds} kills, ${told} events`);
}

/** What one life of the process said. */
class HeardLife {
  found: FoundHistory | undefined;
  told = 0;
  isInOrder = true;
  readonly epochs = new Set<string>();

  onFound(found: FoundHistory): void {
    this.found = found;
  }

  onLine(line: string): void {
    const [epoch, offset] = line.split(' ');
    this.epochs.add(epoch!);
    if (Number(offset) <= Math.max(this.told, this.found?.head ?? 0)) this.isInOrder = false;
    this.told = Number(offset);
  }
}
