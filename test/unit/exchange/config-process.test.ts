import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { load } from '../../../src/config/load.ts';
import type { LoadedConfig } from '../../../src/config/parse-config.ts';
import type { ChainChange } from '../../../src/exchange/config-changes.ts';
import { configChild } from '../../../src/exchange/config-process.ts';
import { rosterName } from '../../../src/exchange/roster.ts';
import { serverChild } from '../../../src/otp/child-spec.ts';
import { processName } from '../../../src/otp/process-name.ts';
import { ProcessSystem } from '../../../src/otp/process-system.ts';
import { reply } from '../../../src/otp/results.ts';
import { startSupervisor } from '../../../src/otp/supervisor.ts';
import { supervisorSpec } from '../../../src/otp/supervisor-spec.ts';
import { eventually } from '../../support/eventually.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { RecordedLog } from '../providers/fixtures.ts';

const withChains = (names: readonly string[], server = '') =>
  `${server}chains:\n${names.map((name, index) => `  ${name}: { chain_id: ${index + 1}, providers: [{ id: a, url: "http://127.0.0.1:1/" }] }\n`).join('')}`;
const configName = processName({ type: 'config', id: 'main' });

describe('the config process', () => {
  let folder: string;
  let path: string;
  let clock: ManualClock;
  let log: RecordedLog;
  let system: ProcessSystem;
  let applied: (readonly ChainChange[])[];
  let swapped: LoadedConfig[];
  let doesRosterAnswer: boolean;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'trunkline-config-'));
    path = join(folder, 'chains.yaml');
    [clock, log, applied, swapped, doesRosterAnswer] = [new ManualClock(), new RecordedLog(), [], [], true];
    system = new ProcessSystem({ clock });
  });
  afterEach(async () => {
    await system.stop();
    rmSync(folder, { recursive: true });
  });

  async function start(text: string): Promise<void> {
    writeFileSync(path, text);
    const loaded = await load(path, {});
    assert.ok(loaded.ok);
    let running: LoadedConfig = loaded;
    const roster = serverChild({
      id: 'roster',
      name: rosterName,
      args: undefined,
      server: {
        init: () => 0,
        handleCall: ({ changes }: { changes: readonly ChainChange[] }) => {
          applied.push(changes);
          if (doesRosterAnswer) return reply(undefined);
        },
      },
    });
    const config = configChild({
      file: { path, env: {} },
      log,
      clock,
      running: () => running,
      onSwap: next => {
        running = next;
        swapped.push(next);
      },
    });
    await startSupervisor(
      system,
      supervisorSpec({ id: 'root', strategy: 'rest_for_one', children: [roster, config] }),
    );
  }

  /** Writes the file and lets time pass until `check` holds. */
  async function until(check: () => boolean, what: string, text?: string): Promise<void> {
    if (text !== undefined) writeFileSync(path, text);
    await eventually(() => {
      clock.advance(1_000);
      return check();
    }, what);
  }

  it('has the roster apply what changed of chains, and everything else swap', async () => {
    await start(withChains(['one']));
    await until(() => applied.length === 1, 'applied', withChains(['one', 'two']));
    assert.deepEqual(
      applied[0]!.map(({ kind, chain }) => [kind, chain]),
      [['chain_added', 'two']],
    );
    assert.deepEqual(Object.keys(swapped[0]!.config.chains), ['one', 'two']);
    assert.deepEqual(log.of('info'), ['new config accepted']);
  });

  it('leaves the roster alone when no chain changed, and warns of what waits for a restart', async () => {
    await start(withChains(['one']));
    await until(
      () => log.lines.length >= 2,
      'accepted',
      withChains(['one'], 'server: { port: 4321, max_batch_size: 7 }\n'),
    );
    assert.deepEqual(applied, []);
    assert.equal(swapped[0]!.config.server.max_batch_size, 7);
    assert.deepEqual(
      log.lines.filter(line => line.level === 'warn').map(line => [line.message, line.fields.path]),
      [['this change waits for a restart of Trunkline', 'server.port']],
    );
  });

  it('keeps the running config when the file is wrong, and says where', async () => {
    await start(withChains(['one']));
    await until(() => log.of('error').length === 1, 'rejected', 'chains: [\n');
    assert.match(log.of('error')[0]!, /the running one stays:[\s\S]*chains\.yaml:\d/);
    assert.deepEqual([swapped, applied], [[], []]);
  });

  it('applies a change once, however often it was killed', async () => {
    await start(withChains(['one']));
    for (let i = 0; i < 2; i++) {
      const before = system.registry.whereis(configName);
      system.exit(before!, 'kill');
      await eventually(() => {
        const now = system.registry.whereis(configName);
        return now !== undefined && now !== before;
      }, 'restarted');
    }
    await until(() => applied.length > 0, 'applied', withChains(['one', 'two']));
    for (let i = 0; i < 5; i++) await clock.advanceAndSettle(1_000);
    assert.equal(applied.length, 1);
    assert.equal(swapped.length, 1);
  });

  it('has a new roster apply again what the old one died over', async () => {
    await start(withChains(['one']));
    doesRosterAnswer = false;
    await until(() => applied.length === 1, 'asked', withChains(['one', 'two']));
    doesRosterAnswer = true;
    system.exit(rosterName, 'kill');
    await until(() => applied.length === 2, 'asked again');
    assert.deepEqual(
      applied.map(changes => changes.map(({ chain }) => chain)),
      [['two'], ['two']],
    );
    for (let i = 0; i < 5; i++) await clock.advanceAndSettle(1_000);
    assert.equal(applied.length, 2);
  });
});
