import { join, relative } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { addCheckCommand } from './commands/check.ts';
import { addDebugCommand } from './commands/debug.ts';
import { addDevnetCommand } from './commands/devnet.ts';
import { addFeedCommand } from './commands/feed.ts';
import { addFollowCommand } from './commands/follow.ts';
import { addHelpCommand } from './commands/help.ts';
import { addPipelinesCommand } from './commands/pipelines.ts';
import { addSessionsCommand } from './commands/sessions.ts';
import { addStartCommand, type ListenOptions } from './commands/start.ts';
import { addStorageCommand } from './commands/storage.ts';
import { addTreeCommand } from './commands/tree.ts';
import { defaultPort } from './default-port.ts';
import { packageRoot, packageVersion } from './package-root.ts';

interface GlobalOptions {
  readonly config?: string;
  readonly host?: string;
  readonly port?: number;
}

const defaultHost = '127.0.0.1';

/** The command line of Trunkline. */
export function createProgram(): Command {
  const program = new Command('trunkline');
  program
    .description('Many RPC providers of many chains behind one address.')
    .version(packageVersion())
    .option('-c, --config <file>', 'the config file (default: the shipped config/chains.yaml)')
    .option(
      '-p, --port <port>',
      `port to listen on, or of the Trunkline to talk to (default: ${defaultPort})`,
      readPort,
    )
    .option(
      '--host <address>',
      `address to listen on, or of the Trunkline to talk to (default: ${defaultHost})`,
    )
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(see trunkline --help)')
    .addHelpText('after', examples);
  const options = (): GlobalOptions => program.opts<GlobalOptions>();
  const configPath = () => options().config ?? shownPath(join(packageRoot(), 'config', 'chains.yaml'));
  const target = () => ({ host: options().host ?? defaultHost, port: options().port ?? defaultPort });
  const listen = (): ListenOptions => {
    const { host, port } = options();
    return { ...(host === undefined ? {} : { host }), ...(port === undefined ? {} : { port }) };
  };
  addStartCommand(program, configPath, listen);
  addCheckCommand(program, configPath);
  addFollowCommand(program, target);
  addFeedCommand(program, target);
  addTreeCommand(program, target);
  addPipelinesCommand(program, target);
  addSessionsCommand(program, target);
  addDevnetCommand(program, target);
  addStorageCommand(program, configPath);
  addDebugCommand(program, target);
  addHelpCommand(program);
  return program;
}

const examples = `
Examples:
  trunkline                                   start with the shipped config: three embedded chains, no keys needed
  trunkline start --config my.yaml --port 4001
  trunkline check --config my.yaml            every mistake at once, before it is live
  trunkline follow 'devnet.>'                 blocks, logs and reorganisations as they come
  trunkline tree                              what runs, restarts and waits
  trunkline pipelines                         what reads Solana chains, how far it is and what it gave up
  trunkline sessions                          the session builder: its queue, its wallet, its accounts
  trunkline debug profile --seconds 30        a CPU profile of the running Trunkline
  trunkline devnet fault devnet 1 kill        kill a simulated provider; clients do not notice
  trunkline devnet heal devnet

Options may stand before or behind the command. TRUNKLINE_ADMIN_TOKEN holds the admin token where the config sets one.`;

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new InvalidArgumentError('a port is a number from 0 to 65535.');
  return port;
}

function shownPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}
