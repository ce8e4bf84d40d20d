import type { Command } from 'commander';
import { AdminClient } from '../admin-client.ts';
import { renderTree, type ShownNode } from '../render-tree.ts';
import { paintFor } from '../terminal.ts';

/** `trunkline tree`: the running supervision tree with restarts, waiting messages and states. */
export function addTreeCommand(
  program: Command,
  target: () => { readonly host: string; readonly port: number },
): void {
  program
    .command('tree')
    .description('show the supervision tree of a running Trunkline: state, restarts, waiting messages')
    .option('--json', 'print it as JSON')
    .action(async (options: { json?: boolean }) => {
      const { tree } = await new AdminClient(target()).call<{ tree: ShownNode }>('GET', 'tree');
      process.stdout.write(
        options.json
          ? `${JSON.stringify(tree, undefined, 2)}\n`
          : `${renderTree(tree, paintFor(process.stdout))}\n`,
      );
    });
}
