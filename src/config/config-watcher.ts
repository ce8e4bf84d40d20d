import { realpath } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import type { Clock } from '../clock/clock.ts';
import { writeBackup } from './config-backup.ts';
import type { Diagnostic } from './diagnostic.ts';
import { type ConfigDiff, diff } from './diff.ts';
import type { Environment } from './interpolate.ts';
import { load } from './load.ts';
import type { LoadedConfig } from './parse-config.ts';
import { QuietTimer } from './quiet-timer.ts';

/** A file that keeps changing is read after this many quiet times at the latest. */
const longestDelayFactor = 10;

export interface ConfigWatcherOptions {
  readonly path: string;
  readonly env: Environment;
  /** The config that runs: what a new one is compared with, and what is kept as a backup when a new one takes over. */
  readonly running: LoadedConfig;
  /** How long the file has to be quiet before it is read, in ms. @default 1000 */
  readonly debounceMs?: number;
  /** Whether the previous good file is kept as `<name>.backup.yaml` beside it. @default true */
  readonly keepBackup?: boolean;
  /**
   * The file changed and is valid; `difference.isEmpty` when only comments, formatting or left-out providers changed,
   * and when a rejected change was undone. When it throws, the previous config still counts as the running one.
   */
  readonly onAccepted: (loaded: LoadedConfig, difference: ConfigDiff) => void | Promise<void>;
  /** The file changed and is not valid, or is gone. The running config stays. Told once per content. */
  readonly onRejected: (diagnostics: readonly Diagnostic[]) => void;
  /** Something that does not concern the config itself: the backup could not be written, the watch failed. */
  readonly onWarning?: (message: string) => void;
}

/**
 * Watches a config file and reports each new content, checked and compared, after it has been quiet for a while. It
 * takes editors that replace the file, links, and files that vanish and come back.
 *
 * Owns one file watch and at most one timer; a restart of its owner loses nothing but a change that has just been made.
 */
export class ConfigWatcher {
  readonly #options: ConfigWatcherOptions;
  readonly #quiet: QuietTimer;
  #running: LoadedConfig;
  #rejected: string | undefined;
  #watch: FSWatcher | undefined;
  #checking: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: ConfigWatcherOptions, { clock }: { readonly clock: Clock }) {
    const quietMs = options.debounceMs ?? 1000;
    const onQuiet = () => {
      this.check().catch((error: unknown) => this.#warn('the config file could not be checked', error));
    };
    this.#options = options;
    this.#quiet = new QuietTimer({ quietMs, longestMs: longestDelayFactor * quietMs, onQuiet }, { clock });
    this.#running = options.running;
  }

  /** The config that was accepted last. */
  get running(): LoadedConfig {
    return this.#running;
  }

  /** Starts watching; resolves once changes are seen. */
  async start(): Promise<void> {
    const path = resolve(this.#options.path);
    const target = await realpath(path).catch(() => path);
    const directory = await realpath(dirname(path)).catch(() => dirname(path));
    // Directories, not the file: an editor that replaces the file would take the watch away with the old one.
    const directories = [...new Set([directory, dirname(target)])];
    const names = new Set([basename(path), basename(target)]);
    if (this.#isStopped) return;
    const watcher = watch(directories, {
      depth: 0,
      ignoreInitial: true,
      followSymlinks: false,
      ignored: candidate => !directories.includes(candidate) && !names.has(basename(candidate)),
    });
    this.#watch = watcher;
    const touch = () => {
      if (!this.#isStopped) this.#quiet.touch();
    };
    watcher.on('all', touch);
    // The library drops a change that follows another within its throttle; the system's own events are all there.
    watcher.on('raw', (_event, name) => {
      if (names.has(basename(String(name)))) touch();
    });
    watcher.on('error', error => this.#warn('the config file cannot be watched', error));
    await new Promise<void>(ready => watcher.once('ready', () => ready()));
    // What changed between the reading of the running config and now made no event.
    touch();
  }

  /** Reads the file now, without waiting for an event; resolves once its callbacks have run. */
  check(): Promise<void> {
    const check = this.#checking.then(() => this.#check());
    this.#checking = check.catch(() => {});
    return check;
  }

  /** Stops watching; no callback starts after it has resolved. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#quiet.cancel();
    await this.#watch?.close();
    await this.#checking;
  }

  async #check(): Promise<void> {
    if (this.#isStopped) return;
    const { path, env, onAccepted, onRejected } = this.#options;
    const loaded = await load(path, env);
    if (this.#isStopped) return;
    const { text } = loaded.source;
    if (!loaded.ok) {
      const seen = `${loaded.diagnostics[0]?.code} ${text}`;
      if (seen === this.#rejected) return;
      this.#rejected = seen;
      onRejected(loaded.diagnostics);
      return;
    }
    if (text === this.#running.source.text && this.#rejected === undefined) return;
    const difference = diff(this.#running.config, loaded.config);
    try {
      await onAccepted(loaded, difference);
    } catch (error) {
      const message = `the new config could not be taken over: ${messageOf(error)}`;
      this.#rejected = `config_apply_failed ${text}`;
      onRejected([
        loaded.source.diagnose({ code: 'config_apply_failed', message, path: [], wholeFile: true }),
      ]);
      return;
    }
    const previous = this.#running.source.text;
    this.#running = loaded;
    this.#rejected = undefined;
    if (previous !== text) await this.#backUp(previous);
  }

  async #backUp(text: string): Promise<void> {
    if (this.#options.keepBackup === false) return;
    try {
      await writeBackup(resolve(this.#options.path), text);
    } catch (error) {
      this.#warn('the previous config could not be kept as a backup', error);
    }
  }

  #warn(what: string, error: unknown): void {
    this.#options.onWarning?.(`${what}: ${messageOf(error)}`);
  }
}

function messageOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.message : String(error);
}
