import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import type { Cleanup } from './devnet.ts';

/** What a process says. */
export interface LifeListener<Found> {
  /** What it found when it began. */
  onFound(found: Found): void;
  /** Any other line. */
  onLine(line: string): void;
}

/** Milliseconds within which a kill comes. */
export interface KillMoments {
  /** Behind the order to begin. */
  readonly openingMs: number;
  /** Behind the first line that is not about what was found. */
  readonly workingMs: number;
}

/** The share of kills while a process begins; the others hit it at work. */
const killsWhileOpening = 0.15;

/** How often a test kills; 500 times with TRUNKLINE_KILLS=500. */
export function killCount(usual: number): number {
  return Number(process.env.TRUNKLINE_KILLS ?? usual);
}

/** Whether the next kill is one of those while the process begins. */
export function isNextWhileOpening(): boolean {
  return Math.random() < killsWhileOpening;
}

/** Starts processes that are killed, each of which works in a directory that goes with the test. */
export class KilledProcesses {
  readonly directory = mkdtempSync(join(tmpdir(), 'trunkline-kills-'));
  readonly #entry: string;
  readonly #children = new Set<ChildProcess>();

  /** @param entry path of a program that begins by `onceStarted` */
  constructor(cleanup: Cleanup, entry: string) {
    this.#entry = entry;
    cleanup.after(() => {
      for (const child of this.#children) child.kill('SIGKILL');
      rmSync(this.directory, { recursive: true, force: true });
    });
  }

  /** Starts a process; settles once it is loaded. */
  async launch(): Promise<ChildProcess> {
    const env = { ...process.env, NODE_COMPILE_CACHE: join(this.directory, 'compiled') };
    const child = fork(this.#entry, { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    this.#children.add(child);
    child.on('exit', () => this.#children.delete(child));
    const [word] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
    assert.equal(word, 'loaded');
    return child;
  }
}

/** One life of such a process, from the order to begin to its end. */
export class ProcessLife<Found> {
  /** Settles with the first line that is not about what was found, or with the end. */
  readonly firstLine: Promise<void>;
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;

  constructor(child: ChildProcess, start: object, listener: LifeListener<Found>) {
    this.#child = child;
    const first = Promise.withResolvers<void>();
    this.firstLine = first.promise;
    const lines = createInterface({ input: child.stdout! });
    lines.on('line', line => {
      if (line.startsWith('found ')) {
        listener.onFound(JSON.parse(line.slice(6)));
        return;
      }
      listener.onLine(line);
      first.resolve();
    });
    this.#ended = Promise.all([once(child, 'exit'), once(lines, 'close')]).then(([[code, signal]]) => {
      first.resolve();
      return String(signal ?? code);
    });
    child.send(start);
  }

  /** Kills it at a random moment; returns the signal or the exit code, once everything that it said was heard. */
  async killSoon({ openingMs, workingMs }: KillMoments, isWhileOpening: boolean): Promise<string> {
    if (!isWhileOpening) await this.firstLine;
    await pause(Math.random() * (isWhileOpening ? openingMs : workingMs));
    return this.kill();
  }

  /** Kills it at once; returns as `killSoon` does. */
  kill(): Promise<string> {
    this.#child.kill('SIGKILL');
    return this.#ended;
  }
}
