import type { Command } from 'commander';
import { TrunklineError } from '../../errors/trunkline-error.ts';
import { defaultPort } from '../default-port.ts';
import { cliErrors } from '../errors.ts';
import { fetchStats } from '../fetch-stats.ts';
import { renderFeedStats } from '../render-feed-stats.ts';
import { serverAddress } from '../server-address.ts';

/** `trunkline feed …`: what a running Trunkline knows of its event feed. */
export function addFeedCommand(
  program: Command,
  target: () => { readonly host: string; readonly port: number },
): void {
  const feed = program.command('feed').description('look at the event feed of a running Trunkline');
  feed
    .command('stats')
    .description('show the history that is kept, who follows it, and how far each chain is')
    .option(
      '--url <url>',
      `of the Trunkline (default: http://127.0.0.1:${defaultPort}, or by --host and --port)`,
    )
    .option('--json', 'print it as JSON')
    .action(async ({ url, json }: { url?: string; json?: boolean }) => {
      const base =
        url?.replace(/^ws/, 'http').replace(/\/feed\/?$/, '') ?? `http://${serverAddress(target())}`;
      const { feed: stats } = await fetchStats(base);
      if (stats === undefined || stats === null) {
        throw new TrunklineError(cliErrors, 'feed_refused', `the Trunkline at ${base} has no event feed`);
      }
      process.stdout.write(`${json ? JSON.stringify(stats, undefined, 2) : renderFeedStats(stats)}\n`);
    });
}
