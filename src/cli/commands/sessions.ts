import { type Command, InvalidArgumentError } from 'commander';
import type { SessionsAnswer } from '../../exchange/session-actions.ts';
import { AdminClient } from '../admin-client.ts';
import { renderSessions } from '../render-sessions.ts';
import { paintFor } from '../terminal.ts';

/** `trunkline sessions …`: how the session builder does, and what it is told. */
export function addSessionsCommand(
  program: Command,
  target: () => { readonly host: string; readonly port: number },
): void {
  const sessions = program
    .command('sessions')
    .description('show and steer the session builder, which creates the accounts that a program announces');

  sessions
    .command('status', { isDefault: true })
    .description('show how it is, its wallet, its queue and its newest events (the default)')
    .option('-n, --limit <n>', 'so many events at most (default: 20)', readLimit, 20)
    .option('--json', 'print it as JSON')
    .allowExcessArguments()
    .action(async ({ limit, json }: { limit: number; json?: boolean }, command: Command) => {
      // The default command gets the words that name no command, too.
      if (command.args.length > 0) (sessions as Command & { unknownCommand(): never }).unknownCommand();
      const answer = await new AdminClient(target()).call<SessionsAnswer>('POST', 'sessions', { limit });
      const text = json
        ? JSON.stringify(answer, undefined, 2)
        : renderSessions(answer, paintFor(process.stdout));
      process.stdout.write(`${text}\n`);
    });

  for (const [name, description] of [
    ['pause', 'begin no further creations; events are still taken and wait'],
    ['resume', 'go on after pause'],
  ] as const) {
    sessions
      .command(name)
      .description(description)
      .action(async () => {
        const { state } = await new AdminClient(target()).call<{ state: string }>(
          'POST',
          'sessions/command',
          {
            command: name,
          },
        );
        process.stdout.write(`session builder: ${state}\n`);
      });
  }
}

function readLimit(text: string): number {
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > 1_000) throw new InvalidArgumentError('it is a whole number from 1 to 1000.');
  return limit;
}
