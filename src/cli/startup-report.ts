import type { LeftOut } from '../config/validate/left-out.ts';
import type { ChainAssembly } from '../exchange/chain-assembly.ts';
import { defaultPort } from './default-port.ts';
import { table } from './table.ts';
import type { Paint } from './terminal.ts';

export interface StartupReportOptions {
  readonly host: string;
  readonly port: number;
  readonly chains: Iterable<ChainAssembly>;
  readonly leftOut: readonly LeftOut[];
  /** Undefined when nothing is stored. */
  readonly storage: ShownStorage | undefined;
  readonly paint: Paint;
}

/** What the report says of the storage. */
export interface ShownStorage {
  readonly directory: string;
  readonly durability: string;
  /** Where Redis clients connect to; undefined when they cannot. */
  readonly resp: { readonly host: string; readonly port: number } | undefined;
}

/** A genesis hash is known by its first characters. */
const shortened = (identity: string): string =>
  identity.length > 20 ? `${identity.slice(0, 8)}…` : identity;

/** What a person sees when Trunkline is up: the chains and where to reach them, who serves them, what is missing and why. */
export function startupReport({ host, port, chains, leftOut, storage, paint }: StartupReportOptions): string {
  const shownHost = host.includes(':') ? `[${host}]` : host;
  const more = port === defaultPort ? '' : ` --port ${port}`;
  const rows: string[][] = [];
  for (const { runtime } of chains) {
    const providers = runtime.table.providers.map(provider =>
      provider.state === 'up' ? paint.green(provider.id) : paint.yellow(`${provider.id} (${provider.state})`),
    );
    const missing = leftOut.filter(entry => entry.chain === runtime.name);
    const isUp = runtime.table.providers.some(provider => provider.state === 'up');
    rows.push([
      paint.bold(runtime.name),
      shortened(runtime.identity),
      isUp
        ? paint.green('up')
        : runtime.table.providers.length === 0
          ? paint.dim('no provider')
          : paint.yellow('waiting'),
      runtime.heads.best === undefined ? '–' : String(runtime.heads.best.number),
      [
        ...providers,
        ...missing.map(entry => paint.dim(`${entry.provider} needs ${entry.variables.join(', ')}`)),
      ].join('\n') || paint.dim(runtime.unavailable ?? '–'),
      isUp ? `http://${shownHost}:${port}/rpc/${runtime.name}` : '',
    ]);
  }
  return [
    table(
      ['chain', 'id', 'state', 'head', 'providers', 'connect to (WebSocket: ws://)'].map(paint.bold),
      rows,
    ),
    '',
    ...(storage === undefined ? [] : [`  ${paint.bold('storage')}  ${describeStorage(storage)}`]),
    `  ${paint.bold('feed')}     http://${shownHost}:${port}/feed  (WebSocket: ws://), from ${storage === undefined ? 'this start on: no storage' : 'where it ended'}`,
    `  ${paint.bold('status')}   http://${shownHost}:${port}/health  /ready  /stats  /metrics`,
    `  ${paint.bold('look')}     npx trunkline tree${more}   npx trunkline follow '*.heads'${more}`,
  ].join('\n');
}

function describeStorage({ directory, durability, resp }: ShownStorage): string {
  const redis = resp === undefined ? '' : `, redis-cli -h ${resp.host} -p ${resp.port}`;
  return `${directory} (${durability})${redis}`;
}
