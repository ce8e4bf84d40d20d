import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CircuitBreaker } from '../../src/circuit-breaker/circuit-breaker.ts';
import type { Clock } from '../../src/clock/clock.ts';
import { systemClock } from '../../src/clock/system-clock.ts';
import type { Starter } from '../../src/otp/child-spec.ts';
import { ProcessSystem } from '../../src/otp/process-system.ts';
import { startSupervisor, tryStartSupervisor } from '../../src/otp/supervisor.ts';
import { supervisorSpec } from '../../src/otp/supervisor-spec.ts';
import type { Durability } from '../../src/storage/channel/messages.ts';
import { CommandPacker } from '../../src/storage/channel/packed-commands.ts';
import { clientDefaults } from '../../src/storage/client/client-options.ts';
import { StorageClient } from '../../src/storage/client/storage-client.ts';
import { commandByName, commandTable } from '../../src/storage/commands/command-table.ts';
import { StorageRuntime, type StorageRuntimeOptions } from '../../src/storage/runtime/storage-runtime.ts';
import type { Log, LogFields } from '../../src/telemetry/log.ts';
import { PromMetricRegistry } from '../../src/telemetry/prom-metric-registry.ts';
import { storageSupervisor } from '../../supervisors/storage.ts';

export interface RuntimeSetUp {
  readonly directory?: string;
  readonly durability?: Durability;
  readonly readers?: Partial<StorageRuntimeOptions['readers']>;
  readonly entry?: URL;
  readonly timeoutMs?: number;
  readonly clock?: Clock;
}

/** A storage runtime under a root of its own, on a directory that goes with the test. */
export class RunningStorage {
  readonly directory: string;
  readonly system: ProcessSystem;
  readonly metrics = new PromMetricRegistry();
  readonly logged: { level: string; message: string; fields: LogFields }[] = [];
  readonly breaker = new CircuitBreaker({ failureThreshold: 5, successThreshold: 2 });
  readonly client: StorageClient;
  readonly runtime: StorageRuntime;
  #isStopping = false;
  #starts = 0;

  constructor({
    directory,
    durability = 'commit',
    readers,
    entry,
    timeoutMs = 30_000,
    clock = systemClock,
  }: RuntimeSetUp = {}) {
    this.system = new ProcessSystem({ clock });
    this.directory = directory ?? mkdtempSync(join(tmpdir(), 'trunkline-storage-'));
    const stores = [
      { name: 'kv', directory: join(this.directory, 'kv'), durability, maxBytes: 256 * 2 ** 20 },
    ];
    const log = recordingLog(this.logged);
    const common = { clock, log, metrics: this.metrics, breaker: this.breaker };
    this.client = new StorageClient({ ...clientDefaults, stores, timeoutMs }, common);
    this.runtime = new StorageRuntime(
      {
        thread: { stores, sweepIntervalMs: 100, checkpointIntervalMs: 200, checkOnStart: 'auto' },
        channel: {
          capacity: 10_000,
          window: 8_000,
          maxPendingBytes: 2 ** 26,
          batch: { flush: 'tick', maxCommands: 2_000, maxDelayMs: 0 },
        },
        readers: {
          min: 0,
          max: 0,
          scaleUpAt: 500,
          scaleDownAt: 50,
          cooldownMs: 100,
          intervalMs: 50,
          ...readers,
        },
        breaker: { recoveryTimeoutMs: 1_000, maxRecoveryTimeoutMs: 10_000, jitter: 0 },
        ...(entry === undefined ? {} : { entry }),
      },
      { ...common, client: this.client, random: Math.random, isStopping: () => this.#isStopping },
    );
  }

  /** How often the root started the storage supervisor. */
  get rootStarts(): number {
    return this.#starts;
  }

  async start(): Promise<void> {
    const storage = storageSupervisor({
      breaker: this.runtime.breakerChild,
      threads: this.runtime.threadChildren,
      resp: undefined,
    });
    const start = (starter: Starter) => {
      this.#starts++;
      return tryStartSupervisor(starter.system, storage, { parent: starter.pid });
    };
    await startSupervisor(
      this.system,
      supervisorSpec({
        id: 'root',
        strategy: 'rest_for_one',
        children: [{ id: 'storage', type: 'supervisor', supervisor: storage, start }],
      }),
    );
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.system.stop(40_000);
    await this.runtime.ended();
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Runs one command; resolves with its reply as RESP3 bytes, rejects with the StorageError. */
  command(name: string, ...args: string[]): Promise<string> {
    const opcode = commandByName(name);
    const spec = commandTable[opcode]!;
    const packer = new CommandPacker(64);
    packer.begin(opcode, args.length);
    for (const argument of args) packer.argument(Buffer.from(argument));
    return new Promise((resolve, reject) =>
      this.client.submit({
        store: 0,
        commands: packer.take(),
        count: 1,
        access: (spec.flags as readonly string[]).includes('write') ? 'write' : 'read',
        isRepeatable: spec.isRepeatable,
        isAtomic: false,
        protocol: 3,
        priority: 'normal',
        onReply: reply => resolve(reply.toString('latin1')),
        onError: reject,
      }),
    );
  }

  /** Writes go on, `width` at once, until `end` or the stop of the client; resolves with what was acknowledged and what failed. */
  writing(
    name: string,
    width: number,
  ): { readonly acknowledged: number; end(): Promise<{ acknowledged: Set<string>; failures: string[] }> } {
    const acknowledged = new Set<string>();
    const failures: string[] = [];
    let isOver = false;
    let next = 0;
    const loop = async () => {
      while (!isOver) {
        const key = `${name}-${next++}`;
        try {
          await this.command('set', key, key);
          acknowledged.add(key);
        } catch (error) {
          const code = (error as { code?: string }).code ?? String(error);
          failures.push(code);
          if (code === 'storage_stopped') return;
        }
      }
    };
    const loops = Array.from({ length: width }, loop);
    return {
      get acknowledged() {
        return acknowledged.size;
      },
      end: async () => {
        isOver = true;
        await Promise.all(loops);
        return { acknowledged, failures };
      },
    };
  }

  /** The acknowledged keys that are not there. */
  async missing(acknowledged: Iterable<string>): Promise<string[]> {
    const missing: string[] = [];
    const keys = [...acknowledged];
    for (let at = 0; at < keys.length; at += 1_000) {
      const part = keys.slice(at, at + 1_000);
      const values = await Promise.all(part.map(key => this.command('get', key)));
      for (const [i, key] of part.entries())
        if (values[i] !== `$${key.length}\r\n${key}\r\n`) missing.push(key);
    }
    return missing;
  }
}

function recordingLog(lines: RunningStorage['logged']): Log {
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) =>
      void lines.push({ level, message, fields });
  const log: Log = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => log,
  };
  return log;
}
