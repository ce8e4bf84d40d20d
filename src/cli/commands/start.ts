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
    .action(async () => {
      // Only here: the other commands need none of it, and start several times as fast without.
      const { runTrunkline } = await import('../run-trunkline.ts');
      await runTrunkline(configPath(), listen());
    });
}
