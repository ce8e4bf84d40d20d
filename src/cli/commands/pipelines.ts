import type { Command } from 'commander';
import type { PipelinesAnswer } from '../../exchange/pipeline-actions.ts';
import type { PipelineCommand } from '../../pipelines/runtime/pipeline-process.ts';
import { AdminClient } from '../admin-client.ts';
import { renderPipelines } from '../render-pipelines.ts';
import { paintFor } from '../terminal.ts';
import { addDeadLettersCommand } from './dead-letters.ts';

const commands: readonly (readonly [PipelineCommand, string])[] = [
  ['pause', 'take nothing and handle nothing; what it misses comes when it goes on'],
  ['resume', 'go on after pause'],
  ['restart', 'begin anew with what its handlers have in hand, from the first try'],
  ['reset', 'go on after an error that was looked at'],
];

/** `trunkline pipelines …`: how the pipelines do, and what they are told. */
export function addPipelinesCommand(
  program: Command,
  target: () => { readonly host: string; readonly port: number },
): void {
  const pipelines = program
    .command('pipelines')
    .description('show and steer the pipelines of the Solana chains, and the values that they gave up');

  pipelines
    .command('list', { isDefault: true })
    .description('show the pipelines, what they read from and what is wrong with them (the default)')
    .option('-a, --all', 'the built-in ones of the feed too')
    .option('--json', 'print it as JSON, all of it')
    .allowExcessArguments()
    .action(async ({ all = false, json }: { all?: boolean; json?: boolean }, command: Command) => {
      const [extra] = command.args;
      // The default command gets the words that name no command, too.
      if (extra !== undefined) (pipelines as Command & { unknownCommand(): never }).unknownCommand();
      const answer = await new AdminClient(target()).call<PipelinesAnswer>('GET', 'pipelines');
      const text = json
        ? JSON.stringify(answer, undefined, 2)
        : renderPipelines(answer, { paint: paintFor(process.stdout), isAll: all });
      process.stdout.write(`${text}\n`);
    });

  for (const [command, description] of commands) {
    pipelines
      .command(command)
      .description(description)
      .argument('<pipeline>', 'its name in the config')
      .action(async (pipeline: string) => {
        const { state } = await new AdminClient(target()).call<{ state: string }>(
          'POST',
          'pipelines/command',
          { pipeline, command },
        );
        process.stdout.write(`${pipeline}: ${state}\n`);
      });
  }
  addDeadLettersCommand(pipelines, target);
}
