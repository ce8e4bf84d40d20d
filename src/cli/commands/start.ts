import type { Command } from 'commander';
import { systemClock } from '../../clock/system-clock.ts';
import { countDiagnostics, formatDiagnostics } from '../../config/format-diagnostics.ts';
import { load } from '../../config/load.ts';
import { Exchange } from '../../exchange/exchange.ts';
import { AdminTokenFile, newAdminToken } from '../../gateway/admin-token.ts';
import { createLog } from '../../telemetry/create-log.ts';
import { PromMetricRegistry } from '../../telemetry/prom-metric-registry.ts';
import { Redactor } from '../../telemetry/redactor.ts';
import { explainFailure } from '../explain-failure.ts';
import { packageVersion } from '../package-root.ts';
import { startupReport } from '../startup-report.ts';
import { hasColours, paintFor } from '../terminal.ts';

export interface ListenOptions {
  readonly host?: string;
  readonly port?: number;
}

/** How long the start-up table waits for the first providers to be up. */
const reportAfterMs = 15_000;

/** `trunkline start`: runs until it is told to stop. */
export function addStartCommand(
  program: Command,
  configPath: () => string,
  listen: () => ListenOptions,
): void {
  program
    .command('start', { isDefault: true })
    .description('start Trunkline (the default)')
    .action(() => start(configPath(), listen()));
}

async function start(path: string, listen: ListenOptions): Promise<void> {
  const loaded = await load(path, process.env);
  const colour = hasColours(process.stderr);
  if (!loaded.ok) {
    process.stderr.write(
      `${formatDiagnostics(loaded.diagnostics, { colour })}\n\n${path}: ${countDiagnostics(loaded.diagnostics)}\n`,
    );
    process.exitCode = 1;
    return;
  }
  if (loaded.warnings.length > 0)
    process.stderr.write(`${formatDiagnostics(loaded.warnings, { colour })}\n\n`);
  const redactor = new Redactor(loaded.secrets);
  const metrics = new PromMetricRegistry({ processMetrics: true }, { redact: text => redactor.redact(text) });
  const log = createLog(
    { level: loaded.config.log.level, format: loaded.config.log.format, redactor },
    { clock: systemClock, metrics },
  );
  const adminToken = loaded.config.admin.token ?? newAdminToken();
  redactor.addSecrets([adminToken]);
  const exchange = new Exchange(
    { loaded, listen, file: { path, env: process.env }, adminToken, version: packageVersion() },
    { clock: systemClock, log, metrics, redactor },
  );
  // Timers of the house do not keep the process alive; until it is stopped, this does.
  const alive = setInterval(() => {}, 2 ** 30);
  try {
    await exchange.start();
  } catch (error) {
    process.stderr.write(`trunkline: ${redactor.redact(explainFailure(error))}\n`);
    process.exitCode = 1;
    await exchange.stop();
    clearInterval(alive);
    return;
  }
  const tokenFile = new AdminTokenFile(exchange.port);
  if (loaded.config.admin.token === undefined) tokenFile.write(adminToken);
  let isStopping = false;
  const stop = async (): Promise<void> => {
    // Asked twice: whoever asks does not want to wait for the drain.
    if (isStopping) process.exit(1);
    isStopping = true;
    log.info('stopping: connections drain');
    await exchange.stop();
    tokenFile.remove();
    clearInterval(alive);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  const giveUp = (error: unknown): void => {
    log.error('an error reached nobody; stopping', { error });
    process.exitCode = 1;
    void stop();
  };
  process.on('uncaughtException', giveUp);
  process.on('unhandledRejection', giveUp);
  exchange.onEnd(reason => {
    if (reason === 'shutdown') return;
    log.error('the root supervisor gave up', { reason });
    process.exitCode = 1;
    void stop();
  });
  await exchange.settled(reportAfterMs);
  const { leftOut } = loaded;
  const host = listen.host ?? loaded.config.server.host;
  const report = startupReport({
    host,
    port: exchange.port,
    chains: exchange.assemblies.values(),
    leftOut,
    paint: paintFor(process.stdout),
  });
  process.stdout.write(`\n${report}\n\n`);
}
