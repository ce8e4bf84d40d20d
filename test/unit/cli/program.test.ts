import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CommanderError } from 'commander';
import { createProgram } from '../../../src/cli/program.ts';

/** What the command line says to arguments that it refuses. */
async function refusal(...args: string[]): Promise<{ code: number; text: string }> {
  const program = createProgram();
  let text = '';
  for (const command of [
    program,
    ...program.commands,
    ...program.commands.flatMap(({ commands }) => commands),
  ])
    command.exitOverride().configureOutput({
      writeErr: line => {
        text += line;
      },
      writeOut: line => {
        text += line;
      },
    });
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    return { code: (error as CommanderError).exitCode, text };
  }
  assert.fail('it was taken');
}

describe('the command line', () => {
  it('takes no port that is none', async () => {
    for (const port of ['99999', '-1', '4e3', '0x10', ' 80', 'http', '']) {
      const { code, text } = await refusal('tree', `--port=${port}`);
      assert.equal(code, 1, port);
      assert.match(text, /a port is a number from 0 to 65535/);
    }
  });

  it('says what it does not know, what is near it and where help is', async () => {
    const option = await refusal('start', '--confg', 'x.yaml');
    assert.match(
      option.text,
      /unknown option '--confg'[\s\S]*Did you mean --config\?[\s\S]*trunkline --help/,
    );
    const command = await refusal('devnet', 'falt');
    assert.match(command.text, /unknown command 'falt'[\s\S]*Did you mean fault\?/);
    assert.deepEqual([option.code, command.code], [1, 1]);
  });

  it('does not take a misspelt command for an argument of start', async () => {
    const { code, text } = await refusal('strat');
    assert.match(text, /unknown command 'strat'[\s\S]*Did you mean start\?/);
    assert.equal(code, 1);
    assert.match((await refusal('start', 'now')).text, /'start' takes no argument, but got 'now'/);
  });

  it('lists in the help of each command the options that it takes, at any depth', async () => {
    for (const args of [
      ['start', '--help'],
      ['devnet', 'fault', '--help'],
      ['help', 'devnet', 'fault'],
    ]) {
      const { code, text } = await refusal(...args);
      assert.equal(code, 0);
      for (const word of ['--config', '--port', '--host']) assert.ok(text.includes(word), word);
      assert.equal(text.includes('Kinds of faults'), args.includes('fault'));
    }
    assert.match((await refusal('help', 'devnet', 'x')).text, /unknown command 'x'/);
  });

  it('takes its options behind the command too', async () => {
    const { text } = await refusal('devnet', 'fault', 'devnet', '--port', 'nonsense');
    assert.match(text, /--port/);
  });

  it('takes no start and no count of the feed that is none', async () => {
    for (const from of ['', 'now', '-1', '1.5', 'e:', 'E:1', '2026-13-01']) {
      const { code, text } = await refusal('follow', 'a.heads', `--from=${from}`);
      assert.equal(code, 1, from);
      assert.match(text, /latest, earliest, the number of a block, a time or a cursor/);
    }
    for (const from of [[], ['--from=latest'], ['--from=e:5'], ['--from=2026-01-31']]) {
      const { code, text } = await refusal('follow', '*.heads', '--chain', 'a', ...from);
      assert.equal(code, 1);
      assert.match(text, /option '--chain <name>' goes with the number of a block: --from <number>/);
    }
    assert.match((await refusal('follow', 'a.heads', '--count=0')).text, /a whole number from 1/);
    assert.match((await refusal('follow')).text, /missing required argument 'topics'/);
  });

  it('takes no numbers beyond what is bounded', async () => {
    for (const [args, message] of [
      [['debug', 'profile', '--seconds', '61'], /a whole number from 1 to 60/],
      [['sessions', '--limit', '0'], /a whole number from 1 to 1000/],
      [['devnet', 'fork', 'a', '0'], /a whole number from 1 to 1000/],
      [['devnet', 'skip', 'a', '1.5'], /a whole number from 1 to 1000/],
      [['sessions', 'pase'], /unknown command 'pase'[\s\S]*Did you mean pause\?/],
    ] as const) {
      const { code, text } = await refusal(...args);
      assert.equal(code, 1, args.join(' '));
      assert.match(text, message);
    }
  });

  it('explains each command to a newcomer', async () => {
    const { code, text } = await refusal('--help');
    assert.equal(code, 0);
    for (const word of [
      'start',
      'check',
      'follow',
      'feed',
      'tree',
      'pipelines',
      'sessions',
      'debug',
      'devnet',
      '--config',
      '--port',
      '--host',
      'Examples:',
    ])
      assert.ok(text.includes(word), word);
  });
});
