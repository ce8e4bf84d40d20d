import { Writable } from 'node:stream';
import { systemClock } from '../../src/clock/system-clock.ts';
import { formatDiagnostics } from '../../src/config/format-diagnostics.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import type { ChainAssembly } from '../../src/exchange/chain-assembly.ts';
import { Exchange } from '../../src/exchange/exchange.ts';
import { createLog } from '../../src/telemetry/create-log.ts';
import { PromMetricRegistry } from '../../src/telemetry/prom-metric-registry.ts';
import { Redactor } from '../../src/telemetry/redactor.ts';
import { eventually } from './eventually.ts';

/** A whole Trunkline inside the test's process, on a port of its own. */
export interface RunningTrunkline {
  readonly exchange: Exchange;
  readonly url: string;
  readonly wsUrl: string;
  readonly adminToken: string;
  /** Everything that was logged so far. */
  readonly log: () => string;
  chain(name: string): ChainAssembly;
  /** Waits until every provider of every chain is up. */
  allUp(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a Trunkline from YAML text; `server.port` is set to a free one. Stop it, or hand it a test context that does.
 *
 * @param file where the text lies, to have it watched
 */
export async function startTrunkline(
  yaml: string,
  t?: { after(fn: () => Promise<void>): void },
  env: Record<string, string> = {},
  file?: string,
): Promise<RunningTrunkline> {
  const loaded = parseConfig(yaml, 'test.yaml', env);
  if (!loaded.ok) throw new Error(formatDiagnostics(loaded.diagnostics));
  const lines: string[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
  const redactor = new Redactor(loaded.secrets);
  const metrics = new PromMetricRegistry();
  const log = createLog(
    { level: 'debug', format: 'json', redactor, stream },
    { clock: systemClock, metrics },
  );
  const adminToken = 'test-admin-token';
  const exchange = new Exchange(
    {
      loaded,
      listen: { host: '127.0.0.1', port: 0 },
      adminToken,
      version: 'test',
      ...(file === undefined ? {} : { file: { path: file, env } }),
    },
    { clock: systemClock, log, metrics, redactor },
  );
  await exchange.start();
  let isStopped = false;
  const stop = async () => {
    if (isStopped) return;
    isStopped = true;
    await exchange.stop();
  };
  t?.after(stop);
  return {
    exchange,
    url: `http://127.0.0.1:${exchange.port}`,
    wsUrl: `ws://127.0.0.1:${exchange.port}`,
    adminToken,
    log: () => lines.join(''),
    chain: name => exchange.assemblies.get(name)!,
    allUp: async () => {
      await eventually(
        () =>
          [...exchange.assemblies.values()].every(
            ({ runtime }) =>
              runtime.table.providers.length > 0 &&
              runtime.table.providers.every(
                provider => provider.state === 'up' && provider.head !== undefined,
              ),
          ),
        'all providers up',
        20_000,
      );
    },
    stop,
  };
}

/** The config of one embedded chain behind three simulated providers. */
export const devnetYaml = `
chains:
  devnet:
    chain_id: 31337
    devnet: { engine: anvil, providers: 3, block_time: 500ms }
`;
