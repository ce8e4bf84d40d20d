import { type Command, InvalidArgumentError } from 'commander';
import type { DevnetStatus } from '../../devnet/devnet.ts';
import { faultKinds } from '../../devnet/fault-kinds.ts';
import { TrunklineError } from '../../errors/trunkline-error.ts';
import { AdminClient } from '../admin-client.ts';
import { defaultPort } from '../default-port.ts';
import { cliErrors } from '../errors.ts';
import { table } from '../table.ts';

interface Target {
  readonly host: string;
  readonly port: number;
}

/** `trunkline devnet …`: makes the simulated providers of an embedded chain fail, and mends them; forks the chain. */
export function addDevnetCommand(program: Command, target: () => Target): void {
  const devnet = program
    .command('devnet')
    .description('make the simulated providers of an embedded chain fail, and mend them; fork the chain');

  devnet
    .command('fault')
    .description('give one provider a fault; it acts at once, on open connections too')
    .argument('<chain>', 'name of the embedded chain, such as devnet')
    .argument('<provider>', "the provider's number (1…) or id (node-1)")
    .argument('<kind>', `one of ${Object.keys(faultKinds).join(', ')}`)
    .argument('[options...]', 'options of the fault, each as key=value')
    .addHelpText('after', () => `\n${faultHelp()}`)
    .action(async (chain: string, provider: string, kind: string, options: string[]) => {
      await new AdminClient(target()).call('POST', 'devnet/fault', {
        chain,
        provider,
        kind,
        options: readOptions(options),
      });
      process.stdout.write(
        `${chain}: provider ${provider} has the fault ${kind} now; mend it with: trunkline devnet heal ${chain}${portOption(target())}\n`,
      );
    });

  devnet
    .command('heal')
    .description('end all faults of a chain, or of one provider')
    .argument('<chain>', 'name of the embedded chain')
    .argument('[provider]', "the provider's number or id; all of them without it")
    .action(async (chain: string, provider: string | undefined) => {
      await new AdminClient(target()).call('POST', 'devnet/heal', {
        chain,
        ...(provider === undefined ? {} : { provider }),
      });
      process.stdout.write(
        `${chain}: ${provider === undefined ? 'all providers are' : `provider ${provider} is`} whole again\n`,
      );
    });

  devnet
    .command('fork')
    .description('make an embedded Solana chain abandon its newest slots that are not confirmed')
    .argument('<chain>', 'name of the embedded chain')
    .argument('[depth]', 'slots to abandon at most; 1 without it', readSlots, 1)
    .option('--drop', 'lose their transactions, which otherwise come again in a later slot')
    .action(async (chain: string, depth: number, { drop = false }: { drop?: boolean }) => {
      const body = { chain, depth, drop };
      const { dead } = await new AdminClient(target()).call<{ dead: number[] }>('POST', 'devnet/fork', body);
      process.stdout.write(
        dead.length === 0
          ? `${chain}: nothing to abandon, all slots are confirmed; confirm_after of the devnet says how soon\n`
          : `${chain}: dead now, newest first: ${dead.join(', ')}\n`,
      );
    });

  devnet
    .command('skip')
    .description('make an embedded Solana chain leave out slots')
    .argument('<chain>', 'name of the embedded chain')
    .argument('[slots]', 'how many; 1 without it', readSlots, 1)
    .action(async (chain: string, slots: number) => {
      await new AdminClient(target()).call('POST', 'devnet/skip', { chain, slots });
      process.stdout.write(`${chain}: ${slots} ${slots === 1 ? 'slot is' : 'slots are'} left out\n`);
    });

  devnet
    .command('status')
    .description('show the embedded chains, their providers and faults')
    .option('--json', 'print it as JSON')
    .action(async (options: { json?: boolean }) => {
      const { chains } = await new AdminClient(target()).call<{ chains: DevnetStatus[] }>('GET', 'devnet');
      if (options.json) {
        process.stdout.write(`${JSON.stringify(chains, undefined, 2)}\n`);
        return;
      }
      const rows = chains.flatMap(({ chain, providers }) =>
        providers.map(({ id, port, faults, counters }) => [
          chain,
          id,
          String(port),
          faults.map(fault => fault.kind).join(', ') || '–',
          String(counters.requests),
          String(counters.subscriptions),
        ]),
      );
      process.stdout.write(
        `${table(['chain', 'provider', 'port', 'faults', 'requests', 'subscriptions'], rows)}\n`,
      );
    });
}

/** What has to be added to a command for it to reach the same Trunkline. */
function portOption({ port }: Target): string {
  return port === defaultPort ? '' : ` --port ${port}`;
}

function readSlots(text: string): number {
  const slots = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (slots < 1 || slots > 1_000) throw new InvalidArgumentError('it is a whole number from 1 to 1000.');
  return slots;
}

function readOptions(pairs: readonly string[]): Record<string, string> {
  const options: Record<string, string> = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) throw new TrunklineError(cliErrors, 'option_invalid', `"${pair}" is not key=value`);
    options[pair.slice(0, at)] = pair.slice(at + 1);
  }
  return options;
}

function faultHelp(): string {
  const lines = ['Kinds of faults:'];
  for (const [kind, { doc, options }] of Object.entries(faultKinds)) {
    lines.push(`  ${kind.padEnd(12)} ${doc}`);
    for (const [name, option] of Object.entries(options)) {
      lines.push(`  ${''.padEnd(12)}   ${name}=${option.default}  ${option.doc}`);
    }
  }
  return lines.join('\n');
}
