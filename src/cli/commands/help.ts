import type { Command } from 'commander';

/** `trunkline help devnet fault`: the help of a command at any depth. */
export function addHelpCommand(program: Command): void {
  program.helpCommand(false);
  program
    .command('help')
    .description('show the help of a command')
    .argument('[command...]', 'the command, such as devnet fault')
    .action((names: string[]) => {
      let command = program;
      for (const name of names) {
        const next = command.commands.find(candidate => candidate.name() === name);
        if (next === undefined) program.error(`error: unknown command '${name}'`);
        command = next;
      }
      command.help();
    });
}
