import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readReplyFrame } from '../../../../src/storage/channel/frames.ts';
import { StorageError } from '../../../../src/storage/errors.ts';
import { decodeAll, StoreCommands } from '../../../support/store-commands.ts';

const aborted = '-EXECABORT Transaction discarded because of previous errors.';

/** A device whose flushes a test completes. */
class Device {
  commits = 0;
  readonly waiting: { commit: number; done: (error?: StorageError) => void }[] = [];
  committed(): number {
    return ++this.commits;
  }
  whenDurable(commit: number, done: (error?: StorageError) => void): void {
    this.waiting.push({ commit, done });
  }
}

/** Lets the next transactions fail at their commit, after everything in them was run, as a full disk does. */
function failCommits(
  store: StoreCommands,
  code: number,
  message: string,
  times = Number.POSITIVE_INFINITY,
): () => void {
  const { root } = store.store.environment as { root: { transactionSync: unknown } };
  const original = (root.transactionSync as (body: () => unknown, flags?: number) => unknown).bind(root);
  let left = times;
  root.transactionSync = (body: () => unknown, flags?: number) =>
    original(() => {
      const result = body();
      // A transaction within another one has no flags.
      if (flags !== undefined && left-- > 0) throw Object.assign(new Error(message), { code });
      return result;
    }, flags);
  return () => Reflect.deleteProperty(root, 'transactionSync');
}

describe('StoreExecutor', () => {
  it('runs all that came together in one transaction, each entry seeing the ones before it', async () => {
    await using store = new StoreCommands();
    const replies = store.runAll([
      {
        commands: [
          ['set', 'k', '1'],
          ['get', 'k'],
        ],
      },
      { commands: [['incr', 'k']] },
      { commands: [['get', 'k']] },
    ]);
    assert.deepEqual(replies, [['OK', '1'], [2], ['2']]);
    assert.equal(store.executor.commits, 1);
    assert.equal(store.executor.commands, 4);
  });

  it('answers many entries in one frame', async () => {
    await using store = new StoreCommands();
    store.submit([{ commands: [['set', 'k', '1']] }, { commands: [['get', 'k']] }]);
    assert.equal(store.frames.length, 1);
  });

  it('commits nothing for reads', async () => {
    await using store = new StoreCommands();
    assert.deepEqual(store.runAll([{ commands: [['get', 'k'], ['dbsize']] }]), [[null, 0]]);
    assert.equal(store.executor.commits, 0);
  });

  it('writes each reply in the version of the protocol that its entry asks for', async () => {
    await using store = new StoreCommands();
    store.submit([
      { commands: [['get', 'k']], protocol: 2 },
      { commands: [['get', 'k']], protocol: 3 },
    ]);
    const seen: string[] = [];
    readReplyFrame(Buffer.from(store.frames[0]!), (_, reply) => seen.push(reply.toString()));
    assert.deepEqual(seen, ['$-1\r\n', '_\r\n']);
  });

  it('refuses a write in an entry that is said to read only', async () => {
    await using store = new StoreCommands();
    const replies = store.runAll([
      {
        commands: [
          ['set', 'k', 'v'],
          ['get', 'k'],
        ],
        isWrite: false,
      },
    ]);
    assert.deepEqual(replies, [["-READONLY You can't write against a read only replica.", null]]);
  });

  it('goes on behind a command that failed, where the entry is not atomic', async () => {
    await using store = new StoreCommands();
    store.run('set', 'text', 'x');
    const replies = store.runAll([
      { commands: [['set', 'a', '1'], ['incr', 'text'], ['get'], ['incr', 'a']] },
    ]);
    assert.deepEqual(replies, [
      [
        'OK',
        '-ERR value is not an integer or out of range',
        "-ERR wrong number of arguments for 'get' command",
        2,
      ],
    ]);
  });

  it('undoes an atomic entry of which one command failed, and only that one', async () => {
    await using store = new StoreCommands();
    store.run('set', 'text', 'x', 'px', '1000');
    const replies = store.runAll([
      { commands: [['set', 'before', '1', 'px', '1000']] },
      {
        commands: [
          ['set', 'a', '1', 'px', '1000'],
          ['del', 'text', 'before'],
          ['incrby', 'a', 'x'],
          ['get', 'a'],
        ],
        isAtomic: true,
      },
      { commands: [['set', 'after', '1', 'px', '1000']] },
      {
        commands: [
          ['incr', 'counter'],
          ['incr', 'counter'],
        ],
        isAtomic: true,
      },
    ]);
    const notInteger = '-ERR value is not an integer or out of range';
    assert.deepEqual(replies, [['OK'], [aborted, aborted, notInteger, aborted], ['OK'], [1, 2]]);
    assert.deepEqual(store.run('mget', 'before', 'a', 'text', 'after', 'counter'), [
      '1',
      null,
      'x',
      '1',
      '2',
    ]);
    assert.equal(store.store.expiringKeys, 3);
    assert.equal(store.store.report().keysWithExpiry, 3);
  });

  it('undoes an atomic FLUSHALL', async () => {
    await using store = new StoreCommands();
    store.run('mset', 'a', '1', 'b', '2');
    store.run('expire', 'a', '100');
    const commands = [['flushall'], ['set', 'c', '1'], ['incr', 'a', 'b']];
    assert.equal(store.runAll([{ commands, isAtomic: true }])[0]![0], aborted);
    assert.deepEqual(store.run('mget', 'a', 'b', 'c'), ['1', '2', null]);
    assert.equal(store.store.expiringKeys, 1);
  });

  for (const [title, code, line, failure] of [
    [
      'the disk is full',
      28,
      '-MISCONF Errors writing to the database: No space left on device. Commands that may modify the data set are disabled until there is space.',
      'disk_full',
    ],
    ['the device fails', 5, '-MISCONF Errors writing to the database: Input/output error', 'write_failed'],
  ] as const) {
    it(`answers writes with an error while ${title}, reads as before, and recovers by itself`, async () => {
      await using store = new StoreCommands();
      store.run('set', 'k', 'old', 'px', '1000');
      const recover = failCommits(store, code, 'Input/output error');
      const replies = store.runAll([
        {
          commands: [
            ['set', 'k', 'new'],
            ['get', 'k'],
          ],
        },
        { commands: [['get', 'k']] },
        {
          commands: [
            ['get', 'k'],
            ['set', 'a', '1'],
            ['set', 'b', '1'],
          ],
          isAtomic: true,
        },
      ]);
      assert.deepEqual(replies, [[line, 'old'], ['old'], [aborted, line, aborted]]);
      assert.equal(store.executor.failure?.code, failure);
      assert.equal(store.executor.commitFailures, 1);
      assert.equal(store.store.expiringKeys, 1);
      store.run('set', 'k', 'new');
      assert.equal(store.failures.length, 1, 'told once');
      recover();
      assert.equal(store.run('set', 'k', 'new'), 'OK');
      assert.equal(store.run('get', 'k'), 'new');
      assert.equal(store.executor.failure, undefined);
      assert.deepEqual(
        store.failures.map(told => told?.code),
        [failure, undefined],
      );
    });
  }

  it('runs a group again without what adds after lmdb found its map full', async () => {
    await using store = new StoreCommands();
    store.run('set', 'k', 'v');
    failCommits(store, -30792, 'MDB_MAP_FULL', 1);
    const replies = store.runAll([
      {
        commands: [
          ['set', 'a', '1'],
          ['del', 'k'],
          ['get', 'a'],
        ],
      },
    ]);
    assert.deepEqual(replies, [["-OOM command not allowed when used memory > 'maxmemory'.", 1, null]]);
  });

  it('throws on when lmdb cannot go on without being opened anew', async () => {
    await using store = new StoreCommands();
    const recover = failCommits(store, -30795, 'MDB_PANIC');
    assert.throws(() => store.run('set', 'k', 'v'), /MDB_PANIC/);
    recover();
  });

  it('throws on what is a bug, with the transaction undone', async () => {
    await using store = new StoreCommands();
    store.run('set', 'k', 'old');
    const { data } = store.store.environment as { data: { putSync: unknown } };
    const original = data.putSync as (...args: unknown[]) => unknown;
    let calls = 0;
    data.putSync = (...args: unknown[]) => {
      if (++calls === 2) throw new TypeError('a bug');
      return original.apply(data, args);
    };
    assert.throws(
      () =>
        store.runAll([
          {
            commands: [
              ['set', 'k', 'new'],
              ['set', 'k', 'newer'],
            ],
          },
        ]),
      /a bug/,
    );
    Reflect.deleteProperty(data, 'putSync');
    assert.equal(store.run('get', 'k'), 'old');
    assert.equal(store.run('set', 'k', 'newest'), 'OK');
  });

  it('sends replies of a memory store before the commit, those of a commit store after it', async () => {
    for (const durability of ['memory', 'commit'] as const) {
      await using store = new StoreCommands({ durability });
      let sentBeforeCommit = -1;
      const { root } = store.store.environment as { root: { transactionSync: unknown } };
      const original = (root.transactionSync as (body: () => unknown, flags?: number) => unknown).bind(root);
      root.transactionSync = (body: () => unknown, flags?: number) =>
        original(() => {
          body();
          sentBeforeCommit = store.frames.length;
        }, flags);
      store.submit([{ commands: [['set', 'k', 'v']] }]);
      assert.equal(sentBeforeCommit, durability === 'memory' ? 1 : 0);
      assert.equal(store.frames.length, 1);
    }
  });

  it('answers a memory store once, though its commit fails', async () => {
    for (const code of [28, -30792]) {
      await using store = new StoreCommands({ durability: 'memory' });
      failCommits(store, code, 'full');
      store.submit([{ commands: [['set', 'k', 'v']] }]);
      assert.equal(store.frames.length, 1);
      assert.equal(store.executor.commitFailures, 1);
    }
  });

  it('acknowledges writes of an fsync store once the device has them; reads at once', async () => {
    const device = new Device();
    await using store = new StoreCommands({ durability: 'fsync' }, device);
    store.submit([{ commands: [['set', 'k', 'v']] }]);
    assert.equal(store.frames.length, 0);
    assert.deepEqual(store.runAll([{ commands: [['get', 'k']] }]), [['v']]);
    assert.equal(device.waiting[0]!.commit, 1);
    device.waiting[0]!.done();
    assert.equal(store.frames.length, 1);
  });

  it('answers writes of an fsync store with an error when the device refused', async () => {
    const device = new Device();
    await using store = new StoreCommands({ durability: 'fsync' }, device);
    store.submit([
      {
        commands: [
          ['set', 'k', 'v'],
          ['incr', 'n'],
        ],
      },
      { commands: [['get', 'k']] },
    ]);
    device.waiting[0]!.done(new StorageError('write_failed', 'it is gone'));
    const replies: unknown[][] = [];
    readReplyFrame(Buffer.from(store.frames[0]!), (id, reply) => {
      replies[id] = decodeAll(reply);
    });
    const line = '-MISCONF Errors writing to the database: it is gone';
    assert.deepEqual(replies, [[line, line], ['v']]);
  });

  it('sends large answers of reads in several frames', async () => {
    await using store = new StoreCommands();
    store.run('set', 'k', 'x'.repeat(600_000));
    store.submit(Array.from({ length: 6 }, () => ({ commands: [['get', 'k']] })));
    assert.equal(store.frames.length, 3);
    assert.equal(store.frames.reduce((sum, frame) => sum + frame.byteLength, 0) > 3_600_000, true);
  });
});
