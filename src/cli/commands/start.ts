import type { Command } from 'commander';

export interface ListenOptions {
  readonly host?: string;
  readonly port?: number;
}

/** `trunkline start`: runs until it is told to stop. */
export function addStartCommand(
  program: Command,
  configPath: () => string,
  listen: () => ListenOptions,
): void {
  program
    .command('start', { isDefault: true })
    .description('start Trunkline (the default)')
    .allowExcessArguments()
    .action(async (_options, command: Command) => {
      const [extra] = command.args;
      // The default command gets the words that name no command, too.
      if (extra !== undefined && program.args[0] !== command.name())
        (program as Command & { unknownCommand(): never }).unknownCommand();
      if (extra !== undefined) command.error(`error: 'start' takes no argument, but got '${extra}'`);
      // Only here: the other commands need none of it, and start several times as fast without.
      const { runTrunkline } = await import('../run-trunkline.ts');
      await runTrunkline(configPath(), listen());
    });
}
