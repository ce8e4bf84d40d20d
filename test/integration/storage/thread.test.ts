import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { readReplyFrame } from '../../../src/storage/channel/frames.ts';
import type {
  Durability,
  FromStorageThread,
  StorageThreadData,
  StorageThreadOptions,
  ToStorageThread,
} from '../../../src/storage/channel/messages.ts';
import { eventually } from '../../support/eventually.ts';
import { decodeAll, type Entry, requestFrame } from '../../support/store-commands.ts';

type Control = Exclude<FromStorageThread, ArrayBuffer>;

const directories: string[] = [];

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'trunkline-thread-'));
  directories.push(directory);
  return directory;
}

/** A storage thread as its owner sees it. */
class Thread {
  readonly control: Control[] = [];
  readonly replies: unknown[][] = [];
  readonly #worker: Worker;
  readonly #port: MessagePort;
  exitCode: number | undefined;
  error: Error | undefined;

  constructor(
    directory: string,
    options: Partial<StorageThreadOptions> = {},
    durability: Durability = 'commit',
  ) {
    const { port1, port2 } = new MessageChannel();
    const data: StorageThreadData = {
      port: port2,
      options: {
        role: 'writer',
        stores: [{ name: 'kv', directory, durability, maxBytes: 64 * 1024 * 1024 }],
        sweepIntervalMs: 20,
        checkpointIntervalMs: 50,
        checkOnStart: 'auto',
        ...options,
      },
    };
    this.#port = port1;
    port1.on('message', (message: FromStorageThread) => {
      if (!(message instanceof ArrayBuffer)) this.control.push(message);
      else
        readReplyFrame(Buffer.from(message), (id, reply) => {
          this.replies[id] = decodeAll(reply);
        });
    });
    this.#worker = new Worker(new URL('../../../src/storage/worker/storage-thread.ts', import.meta.url), {
      workerData: data,
      transferList: [port2],
    });
    this.#worker.on('error', error => {
      this.error = error as Error;
    });
    this.#worker.on('exit', code => {
      // The port closes by itself, behind its last message.
      this.exitCode = code;
    });
  }

  post(message: ToStorageThread): void {
    this.#port.postMessage(message, message instanceof ArrayBuffer ? [message] : []);
  }

  /** Runs entries that go in one frame; for each its replies. */
  async run(...entries: Entry[]): Promise<unknown[][]> {
    this.replies.length = 0;
    this.post(requestFrame(entries));
    await eventually(
      () => this.replies.filter(Boolean).length === entries.length,
      'all entries are answered',
    );
    return [...this.replies];
  }

  /** The first message of this type that came or comes. */
  async message<T extends Control['type']>(type: T): Promise<Extract<Control, { type: T }>> {
    const found = await eventually(() => this.control.find(message => message.type === type), type);
    return found as Extract<Control, { type: T }>;
  }

  async close(): Promise<void> {
    this.post({ type: 'close' });
    await this.message('closed');
    await eventually(() => this.exitCode !== undefined, 'the thread ended');
  }
}

const threads: Thread[] = [];

async function start(...args: ConstructorParameters<typeof Thread>): Promise<Thread> {
  const thread = new Thread(...args);
  threads.push(thread);
  await thread.message('ready');
  return thread;
}

describe('storage thread', () => {
  afterEach(async () => {
    for (const thread of threads.splice(0)) if (thread.exitCode === undefined) await thread.close();
    for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
  });

  for (const durability of ['memory', 'commit', 'fsync'] as const) {
    it(`answers commands, and has what it acknowledged when it is opened again: ${durability}`, async () => {
      const directory = newDirectory();
      const first = await start(directory, {}, durability);
      const replies = await first.run(
        {
          commands: [
            ['set', 'k', 'v'],
            ['incr', 'n'],
            ['get', 'k'],
          ],
        },
        {
          commands: [
            ['set', 'k', 'w'],
            ['incr', 'k'],
          ],
          isAtomic: true,
        },
        { commands: [['get', 'k']], protocol: 3 },
      );
      const aborted = '-EXECABORT Transaction discarded because of previous errors.';
      assert.deepEqual(replies, [
        ['OK', 1, 'v'],
        [aborted, '-ERR value is not an integer or out of range'],
        ['v'],
      ]);
      await first.close();
      assert.equal(first.exitCode, 0);
      const second = await start(directory, {}, durability);
      assert.deepEqual(await second.run({ commands: [['mget', 'k', 'n']] }), [[['v', '1']]]);
    });
  }

  it('commits frames that wait together at once', async () => {
    const thread = await start(newDirectory());
    const frames = 200;
    for (let i = 0; i < frames; i++) thread.post(requestFrame([{ commands: [['incr', 'n']] }]));
    thread.post({ type: 'ping', sequence: 1 });
    const { report } = await thread.message('pong');
    assert.equal(report.commands, frames);
    assert.ok(report.commits < frames / 2, `${report.commits} commits`);
    assert.deepEqual(await thread.run({ commands: [['get', 'n']] }), [[[String(frames)]].flat()]);
  });

  it('answers everything that was sent before it closes', async () => {
    for (const durability of ['commit', 'fsync'] as const) {
      const thread = await start(newDirectory(), {}, durability);
      for (let i = 0; i < 100; i++) thread.post(requestFrame([{ commands: [['set', `k${i}`, 'v']] }]));
      thread.replies.length = 0;
      thread.post(requestFrame([{ commands: [['dbsize'], ['set', 'last', 'v']] }]));
      await thread.close();
      assert.deepEqual(thread.replies[0], [100, 'OK']);
    }
  });

  it('removes keys that expired by itself, and says what it holds', async () => {
    const thread = await start(newDirectory());
    await thread.run({
      commands: Array.from({ length: 1000 }, (_, i) => ['set', `k${i}`, 'v', 'px', '1']),
    });
    await thread.run({ commands: [['set', 'stays', 'v']] });
    await eventually(async () => (await thread.run({ commands: [['dbsize']] }))[0]![0] === 1, 'swept');
    thread.post({ type: 'ping', sequence: 7 });
    const { sequence, report } = await thread.message('pong');
    assert.equal(sequence, 7);
    assert.equal(report.expiredKeys, 1000);
    const [store] = report.stores;
    assert.deepEqual(
      [store!.name, store!.keys, store!.keysWithExpiry, store!.failing],
      ['kv', 1, 0, undefined],
    );
    assert.ok(store!.usedBytes > 0 && store!.usedBytes <= store!.maxBytes);
  });

  it('lets readers see what the writer committed', async () => {
    const directory = newDirectory();
    const writer = await start(directory);
    const reader = await start(directory, { role: 'reader' });
    for (let i = 0; i < 20; i++) {
      await writer.run({ commands: [['set', 'k', String(i)]] });
      assert.deepEqual(await reader.run({ commands: [['get', 'k'], ['dbsize']] }), [[String(i), 1]]);
    }
    const refused = await reader.run({ commands: [['set', 'k', 'x']], isWrite: false });
    assert.match(String(refused[0]![0]), /^-READONLY/);
    await reader.close();
    assert.deepEqual(
      await writer.run({
        commands: [
          ['set', 'k', 'end'],
          ['get', 'k'],
        ],
      }),
      [['OK', 'end']],
    );
  });

  it('does not open a database that is damaged, and says so', async () => {
    const directory = newDirectory();
    const thread = await start(directory);
    await thread.run({ commands: Array.from({ length: 1000 }, (_, i) => ['set', `k${i}`, 'v'.repeat(100)]) });
    await thread.close();
    const file = openSync(join(directory, 'data.mdb'), 'r+');
    for (let page = 2; page < 20; page++) writeSync(file, Buffer.alloc(64, 0xa5), 0, 64, page * 4096);
    closeSync(file);
    const again = new Thread(directory);
    const { code, message } = await again.message('failed');
    assert.equal(code, 'corrupt_database');
    assert.match(message, /damaged/);
    await eventually(() => again.exitCode !== undefined, 'the thread ended');
  });

  it('does not start where it may not write, and says so', async () => {
    const file = join(newDirectory(), 'a file');
    writeFileSync(file, '');
    const thread = new Thread(join(file, 'store'));
    assert.equal((await thread.message('failed')).code, 'storage_directory');
    await eventually(() => thread.exitCode !== undefined, 'the thread ended');
  });

  it('ends with an exit code when something happens that must not, and nothing of it is kept', async () => {
    const directory = newDirectory();
    const thread = await start(directory);
    await thread.run({ commands: [['set', 'k', 'old']] });
    const broken = Buffer.from(
      requestFrame([{ commands: [['set', 'k', 'new']] }, { commands: [['get', 'k']] }]),
    );
    // The last length says more than there is.
    broken.writeUInt32LE(99, broken.length - 5);
    thread.post(broken.buffer as ArrayBuffer);
    await eventually(() => thread.exitCode !== undefined, 'the thread ended');
    assert.equal(thread.exitCode, 1);
    assert.match(String(thread.error), /longer than its entry/);
    const next = await start(directory);
    assert.deepEqual(await next.run({ commands: [['get', 'k']] }), [['old']]);
  });
});
