import { systemClock } from '../clock/system-clock.ts';
import { countDiagnostics, formatDiagnostics } from '../config/format-diagnostics.ts';
import { load } from '../config/load.ts';
import type { LoadedConfig } from '../config/parse-config.ts';
import { Exchange } from '../exchange/exchange.ts';
import { AdminTokenFile, newAdminToken } from '../gateway/admin-token.ts';
import { createLog, type RootLog } from '../telemetry/create-log.ts';
import { PromMetricRegistry } from '../telemetry/prom-metric-registry.ts';
import { Redactor } from '../telemetry/redactor.ts';
import type { ListenOptions } from './commands/start.ts';
import { explainFailure } from './explain-failure.ts';
import { packageVersion } from './package-root.ts';
import { startLog } from './start-log.ts';
import { type ShownStorage, startupReport } from './startup-report.ts';
import { hasColours, paintFor } from './terminal.ts';

/** How long the start-up table waits for the first providers to be up. */
const reportAfterMs = 15_000;
/** How long whatever is left may keep the process after everything was stopped. */
const exitGraceMs = 5_000;

/** Starts Trunkline in this process, as the config at `path` wants it; it stops on SIGTERM and SIGINT. */
export async function runTrunkline(path: string, listen: ListenOptions): Promise<void> {
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
  await new RunningTrunkline(loaded, path, listen).run();
}

/** The Trunkline of this process, and what the process does when it is told to stop. */
class RunningTrunkline {
  readonly #loaded: LoadedConfig;
  readonly #listen: ListenOptions;
  readonly #redactor: Redactor;
  readonly #log: RootLog;
  readonly #adminToken: string;
  readonly #exchange: Exchange;
  // Timers of the house do not keep the process alive; until it is stopped, this does.
  readonly #alive = setInterval(() => {}, 2 ** 30);
  #isStarting = true;
  #isStopping = false;

  constructor(loaded: LoadedConfig, path: string, listen: ListenOptions) {
    this.#loaded = loaded;
    this.#listen = listen;
    const redactor = new Redactor(loaded.secrets);
    this.#redactor = redactor;
    const metrics = new PromMetricRegistry(
      { processMetrics: true },
      { redact: text => redactor.redact(text) },
    );
    this.#log = createLog(
      { level: loaded.config.log.level, format: loaded.config.log.format, redactor },
      { clock: systemClock, metrics },
    );
    this.#adminToken = loaded.config.admin.token ?? newAdminToken();
    redactor.addSecrets([this.#adminToken]);
    this.#exchange = new Exchange(
      {
        loaded,
        listen,
        file: { path, env: process.env },
        adminToken: this.#adminToken,
        version: packageVersion(),
      },
      {
        clock: systemClock,
        log: startLog(this.#log, () => this.#isStarting),
        metrics,
        redactor,
      },
    );
  }

  async run(): Promise<void> {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => this.#onSignal());
    const onStray = (error: unknown) => this.#giveUp('an error reached nobody; stopping', { error });
    process.on('uncaughtException', onStray);
    process.on('unhandledRejection', onStray);
    try {
      await this.#exchange.start();
      this.#isStarting = false;
    } catch (error) {
      if (this.#isStopping) return;
      process.stderr.write(`trunkline: ${this.#redactor.redact(explainFailure(error))}\n`);
      process.exitCode = 1;
      await this.#stop();
      return;
    }
    if (this.#isStopping) return;
    if (this.#loaded.config.admin.token === undefined) this.#writeToken();
    this.#exchange.onEnd(reason => {
      if (reason !== 'shutdown') this.#giveUp('the root supervisor gave up', { reason });
    });
    await this.#exchange.settled(reportAfterMs);
    if (!this.#isStopping) process.stdout.write(`\n${this.#report()}\n\n`);
  }

  #onSignal(): void {
    // Asked twice: whoever asks does not want to wait for the drain.
    if (this.#isStopping) process.exit(1);
    this.#log.info('stopping: connections drain');
    void this.#stop();
  }

  #giveUp(message: string, fields: Readonly<Record<string, unknown>>): void {
    this.#log.error(message, fields);
    process.exitCode = 1;
    if (!this.#isStopping) void this.#stop();
  }

  async #stop(): Promise<void> {
    this.#isStopping = true;
    try {
      await this.#exchange.stop();
      if (process.exitCode === undefined) this.#log.info('stopped');
      this.#log.flush();
    } finally {
      clearInterval(this.#alive);
      systemClock.setTimeout(() => process.exit(), exitGraceMs);
    }
  }

  /** Without the file, the command line has to be told a token that the config names. */
  #writeToken(): void {
    const file = new AdminTokenFile(this.#exchange.port);
    try {
      file.write(this.#adminToken);
      process.on('exit', () => file.remove());
    } catch (error) {
      this.#log.warn('the command line cannot reach this Trunkline: its token could not be written', {
        error,
      });
    }
  }

  #report(): string {
    return startupReport({
      host: this.#listen.host ?? this.#loaded.config.server.host,
      port: this.#exchange.port,
      chains: this.#exchange.assemblies.values(),
      leftOut: this.#loaded.leftOut,
      storage: this.#shownStorage(),
      paint: paintFor(process.stdout),
    });
  }

  #shownStorage(): ShownStorage | undefined {
    const { storage } = this.#loaded.config;
    if (storage === undefined) return undefined;
    const { directory, stores, durability, resp } = storage;
    const port = this.#exchange.storage?.respPort;
    return {
      directory,
      durability: stores.kv.durability ?? durability,
      resp: port === undefined ? undefined : { host: resp.host, port },
    };
  }
}
