import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it, mock } from 'node:test';
import { largeTransfers } from '../../../examples/pipeline-in-code.ts';
import { decode } from '../../../src/chains/solana/base58.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { deadLetterActions } from '../../../src/exchange/dead-letter-actions.ts';
import { pipelineActions } from '../../../src/exchange/pipeline-actions.ts';
import { ProcessSystem } from '../../../src/otp/process-system.ts';
import { loadModuleHandler } from '../../../src/pipelines/handlers/module-handler.ts';
import { pipelineMetrics } from '../../../src/pipelines/metrics.ts';
import { loadParserModule } from '../../../src/pipelines/parsers/module-parser.ts';
import { parserTypes } from '../../../src/pipelines/parsers/parser-options.ts';
import { pipelineFromConfig } from '../../../src/pipelines/pipeline-config.ts';
import { PipelineRuntime } from '../../../src/pipelines/runtime/pipeline-runtime.ts';
import { pipelineStates, transitions } from '../../../src/pipelines/runtime/pipeline-state.ts';
import { memoryState } from '../../../src/pipelines/state/state-store.ts';
import { sourceMetrics } from '../../../src/sources/metrics.ts';
import type { TypedStore } from '../../../src/storage/client/typed-store.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { silentMetrics } from '../../../src/telemetry/metrics.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { accept } from '../config/sample-config.ts';
import { newIdl } from './support/anchor-idls.ts';
import { moduleOffer } from './support/module-offer.ts';
import { key, transactionOf } from './support/transactions.ts';

const root = new URL('../../../', import.meta.url);
const page = readFileSync(new URL('docs/pipelines.md', root), 'utf8');
const examples = new URL('examples/', root).pathname;
const clock = new ManualClock();

const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(match => match[1]!);

/** The first cells of the rows of the tables under a heading, without back-quotes, several in one cell apart. */
function rows(heading: string): string[] {
  const section = page.split(new RegExp(`^##+ ${heading}\n`, 'm'))[1]!.split(/^##+ /m)[0]!;
  return [...section.matchAll(/^\| `([^|]*)`[^|]*\|(?! makes of)/gm)].flatMap(match =>
    match[1]!.split('`, `'),
  );
}

describe('docs/pipelines.md', () => {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-docs-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('shows configs that are valid, and whose pipelines can be made', async () => {
    await mkdir(join(folder, 'target/idl'), { recursive: true });
    writeFileSync(join(folder, 'target/idl/exchange.json'), JSON.stringify(newIdl));
    const made: string[] = [];
    for (const text of blocks('yaml')) {
      const chains = 'chains: { solana-devnet: { family: solana, devnet: { engine: litesvm } } }\n';
      // A block that names its chains is a config by itself, others go into the shipped one.
      const { config } = accept(
        text.startsWith('chains:') ? text : `storage: { directory: data }\n${chains}${text}`,
      );
      for (const [id, section] of Object.entries(config.pipelines)) {
        const definition = await pipelineFromConfig(id, section, {
          clock,
          log: silentLog,
          directory: folder,
          store: {} as TypedStore,
          feedHandler: handler => ({ id: handler, handle() {} }),
          moduleContext: moduleOffer(),
        });
        made.push(definition.id);
      }
    }
    assert.deepEqual(made, ['large-transfers', 'vault', 'exchange', 'balances']);
  });

  it('agrees with docs/feed.md, whose config of a Solana chain is valid', () => {
    const feed = readFileSync(new URL('docs/feed.md', root), 'utf8');
    const [, text] = /^## Solana$.*?```yaml\n(.*?)```/ms.exec(feed)!;
    const { gather } = accept(text!).config.chains['solana-devnet']!;
    assert.deepEqual(
      [gather.programs.length, gather.accounts.length, gather.commitment],
      [1, 1, 'confirmed'],
    );
    const topics = [...feed.split('\n## Solana\n')[1]!.matchAll(/^\| `<chain>\.(\w+)/gm)].map(
      match => match[1],
    );
    assert.deepEqual(topics, ['slots', 'logs', 'accounts', 'events']);
  });

  it('shows code that is in examples/, letter for letter', () => {
    const files = readdirSync(examples)
      .filter(name => name.endsWith('.ts'))
      .map(name => readFileSync(join(examples, name), 'utf8'));
    const shown = blocks('ts');
    assert.equal(shown.length, 3);
    for (const text of shown) assert.ok(files.includes(text), `${text.split('\n')[0]}`);
  });

  it('shows a parser that reads, a handler that handles, a pipeline that chooses', async t => {
    cpSync(examples, folder, { recursive: true });
    const parser = loadParserModule(join(folder, 'memo-parser.ts'));
    const instruction = {
      kind: 'instruction' as const,
      slot: 7,
      transaction: transactionOf([]),
      program: key('memo'),
      accounts: [],
      data: Buffer.from('hello'),
      path: [0],
      inner: [],
      logs: undefined,
    };
    assert.deepEqual(parser.parse(instruction), {
      kind: 'parsed',
      values: [{ name: 'memo', text: 'hello' }],
    });
    assert.throws(() => parser.parse({ ...instruction, data: Uint8Array.of(255) }));

    const lines: string[] = [];
    const log = mock.method(console, 'log', (line: string) => lines.push(line));
    t.after(() => log.mock.restore());
    const handler = await loadModuleHandler({
      id: 'm',
      path: 'transfer-alert.ts',
      directory: folder,
      context: moduleOffer(),
    });
    const origin = {
      chain: 'c',
      slot: 7,
      signature: 's',
      path: '0',
      ordinal: 0,
      key: '7:s:0:0',
      isRemoved: true,
    };
    const value = { name: 'transfer', args: { amount: 5n } };
    await handler.handle({ pipeline: 'p', value, origin }, new AbortController().signal);
    assert.deepEqual(lines, ['7:s:0:0: transfer of 5 did not happen']);

    const told: string[] = [];
    const definition = largeTransfers(async text => void told.push(text));
    const { chain, source, commitment } = definition;
    const runtime = new PipelineRuntime(
      { chain, source, commitment },
      { state: memoryState({ maxBytes: 2 ** 20 }), clock, log: silentLog, metrics: silentMetrics },
    );
    await runtime.add(definition).open();
    const transfer = (sol: bigint) => {
      const data = Buffer.alloc(12);
      data.writeUInt32LE(2);
      data.writeBigUInt64LE(sol * 1_000_000_000n, 4);
      return { program: decode('1'.repeat(32))!, accounts: [key('a'), key('b')], data };
    };
    runtime.onUpdate(transactionOf([transfer(1n), transfer(2n)]), [definition.id]);
    await clock.advanceAndSettle(0);
    assert.match(told.join(), /^\w+, instruction 1$/);
  });

  it('lists what there is: parsers, states, metrics, actions, commands', () => {
    assert.deepEqual(rows('Parsers').sort(), [...parserTypes].sort());
    const states = rows('Steering').filter(name => !name.includes('/'));
    assert.deepEqual(states.sort(), [...pipelineStates].sort());
    assert.ok(transitions.error.reset === 'running' && transitions.paused.resume === 'running');
    const names = new Set(
      [...Object.values(pipelineMetrics), ...Object.values(sourceMetrics)].map(({ name }) => name),
    );
    const watched = [...page.matchAll(/`(trunkline_\w+)`/g)].map(match => match[1]!);
    assert.ok(watched.length > 10);
    for (const name of watched) assert.ok((names as Set<string>).has(name), name);

    const sources = { pipelines: () => [], system: new ProcessSystem({ clock }), clock };
    const actions = [...pipelineActions(sources), ...deadLetterActions(sources)];
    assert.deepEqual(
      rows('Steering').filter(name => name.includes('/')),
      actions.map(({ method, path }) => `${method} /admin/${path}`),
    );
    const pipelines = createProgram().commands.find(command => command.name() === 'pipelines')!;
    const commands = pipelines.commands.map(command => command.name());
    for (const [, command] of page.matchAll(/npx trunkline pipelines (\S+) large/g))
      assert.ok(commands.includes(command!), `${command}`);
    const [, steering] = /`trunkline pipelines (\S+) <pipeline>`/.exec(page)!;
    for (const command of steering!.split('|')) assert.ok(commands.includes(command), command);
  });
});
