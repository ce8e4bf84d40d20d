import { commandTable } from '../../storage/commands/command-table.ts';
import { clientCommand } from './client-command.ts';
import { commandCommand, type DescribedCommand } from './command-command.ts';
import { configCommand } from './config-command.ts';
import { connectionCommands } from './connection-commands.ts';
import { infoCommand } from './info-command.ts';
import { pubsubCommands } from './pubsub-commands.ts';
import type { SessionCommand } from './session-command.ts';

const described = new Map<string, DescribedCommand>();

const all: readonly SessionCommand[] = [
  ...connectionCommands,
  clientCommand,
  commandCommand(() => described),
  configCommand,
  infoCommand,
  ...pubsubCommands,
];

/** Every command that is handled without the storage, by its name in lower case. */
export const sessionTable: ReadonlyMap<string, SessionCommand> = new Map(
  all.map(command => [command.spec.name, command]),
);

for (const spec of [...commandTable, ...all.map(command => command.spec)]) described.set(spec.name, spec);
