import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CommandCursor } from '../../../../src/storage/channel/packed-commands.ts';
import type { StorageRequest } from '../../../../src/storage/client/storage-request.ts';
import { storeCommands } from '../../../../src/storage/client/store-commands.ts';
import { TypedStore } from '../../../../src/storage/client/typed-store.ts';
import { commandErrors, writeFailedLine } from '../../../../src/storage/commands/command-errors.ts';
import { storeCommandTable } from '../../../../src/storage/commands/internal-commands.ts';
import { StorageError } from '../../../../src/storage/errors.ts';

/** A store whose every request is answered with `reply`, and the words of its commands. */
function storeThatAnswers(reply: string) {
  const requests: StorageRequest[] = [];
  const store = new TypedStore(3, request => {
    requests.push(request);
    request.onReply(Buffer.from(reply, 'latin1'));
  });
  return { store, requests };
}

function wordsOf({ commands }: StorageRequest): string[][] {
  const words: string[][] = [];
  for (const cursor = new CommandCursor(commands); cursor.next(); ) {
    words.push([storeCommandTable[cursor.opcode]!.name, ...cursor.arguments().map(String)]);
  }
  return words;
}

describe('TypedStore', () => {
  test('sends a command with what the client needs to know of it', async () => {
    const { store, requests } = storeThatAnswers('$1\r\nv\r\n');
    assert.deepEqual(await store.get('k'), Buffer.from('v'));
    const [get] = requests;
    assert.deepEqual(wordsOf(get!), [['get', 'k']]);
    assert.deepEqual(
      [get!.store, get!.access, get!.isRepeatable, get!.protocol, get!.priority, get!.timeoutMs],
      [3, 'read', true, 3, 'normal', undefined],
    );
  });

  test('passes on the priority and the time-out', async () => {
    const { store, requests } = storeThatAnswers('_\r\n');
    assert.equal(await store.get('k', { priority: 'high', timeoutMs: 5 }), null);
    assert.deepEqual([requests[0]!.priority, requests[0]!.timeoutMs], ['high', 5]);
  });

  test('writes texts as UTF-8, whatever they hold', async () => {
    const { store, requests } = storeThatAnswers('+OK\r\n');
    const texts = ['', 'plain', 'grüße', '日本語', '😀', `${'x'.repeat(31)}é`, 'long '.repeat(50), '\ud800'];
    for (const text of texts) await store.set('k', text);
    const utf8 = texts.map(text => Buffer.from(text).toString());
    assert.deepEqual(
      requests.map(request => wordsOf(request)[0]![2]),
      utf8,
    );
  });

  test('words the options of set as Redis does, and repeats only what may be repeated', async () => {
    const { store, requests } = storeThatAnswers('+OK\r\n');
    await store.set('k', 'v');
    await store.set('k', 'v', { expiresInMs: 50 });
    await store.set('k', 'v', { ifAbsent: true });
    await store.set('k', 'v', { ifPresent: true, keepTtl: true });
    await store.set('k', 'v', { returnOld: true, timeoutMs: 10 }).catch(() => {});
    assert.deepEqual(
      requests.map(request => wordsOf(request)[0]!.slice(3).join(' ')),
      ['', 'PX 50', 'NX', 'XX KEEPTTL', 'GET'],
    );
    assert.deepEqual(
      requests.map(({ isRepeatable }) => isRepeatable),
      [true, true, false, false, false],
    );
  });

  test('reads and removes ranges, and puts conditions before a batch', async () => {
    const { store, requests } = storeThatAnswers('*4\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$1\r\n2\r\n');
    const limits = { maxEntries: 5, maxBytes: 100 };
    assert.deepEqual(await store.range('a', 'c', limits), [
      { key: Buffer.from('a'), value: Buffer.from('1') },
      { key: Buffer.from('b'), value: Buffer.from('2') },
    ]);
    await store.range('a', 'c', { ...limits, mode: 'reverse', priority: 'low' });
    await store.run(storeCommands.rangeKeys('a', 'c', 3));
    await store.delRange('a', 'c', 7);
    await store.batch([storeCommands.expect('a', ['1', '2']), storeCommands.set('b', 'x')]).catch(() => {});
    assert.deepEqual(
      requests.map(request =>
        wordsOf(request)
          .map(words => words.join(' '))
          .join(', '),
      ),
      [
        'range a c 5 100',
        'range a c 5 100 reverse',
        'range a c 3 1 keys',
        'delrange a c 7',
        'expect a 1 2, set b x',
      ],
    );
    assert.deepEqual(
      requests.map(({ access, isRepeatable, isAtomic, priority }) => [
        access,
        isRepeatable,
        isAtomic,
        priority,
      ]),
      [
        ['read', true, false, 'normal'],
        ['read', true, false, 'low'],
        ['read', true, false, 'normal'],
        ['write', false, false, 'normal'],
        ['write', false, true, 'normal'],
      ],
    );
  });

  for (const [line, code] of [
    [commandErrors.diskFull, 'disk_full'],
    [commandErrors.storeFull, 'store_full'],
    [commandErrors.corruptRecord, 'corrupt_record'],
    [commandErrors.unexpectedValue, 'unexpected_value'],
    [writeFailedLine('EIO'), 'write_failed'],
    ['ERR value is not an integer or out of range', 'command_refused'],
  ] as const) {
    test(`rejects with ${code} for its error line`, async () => {
      const { store } = storeThatAnswers(`-${line}\r\n`);
      await assert.rejects(store.incr('k'), { name: 'TrunklineError', code });
    });
  }

  test('rejects with the error of the client', async () => {
    const store = new TypedStore(0, request => request.onError(new StorageError('storage_timeout')));
    await assert.rejects(store.get('k'), { code: 'storage_timeout' });
  });

  test('rejects a reply that cannot be read instead of throwing', async () => {
    const { store } = storeThatAnswers('$5\r\nab');
    await assert.rejects(store.get('k'), { code: 'command_refused' });
  });

  test('runs a batch as one atomic request, with the result of each command', async () => {
    const { store, requests } = storeThatAnswers('+OK\r\n:7\r\n$1\r\nv\r\n');
    const [isSet, sum, value] = await store.batch([
      storeCommands.set('a', '1'),
      storeCommands.incr('n'),
      storeCommands.get('a'),
    ]);
    assert.deepEqual([isSet, sum, value?.toString()], [true, 7, 'v']);
    const [batch] = requests;
    assert.deepEqual([batch!.isAtomic, batch!.count, batch!.access], [true, 3, 'write']);
    assert.deepEqual(await store.batch([]), []);
  });

  test('rejects a batch with the error of the command that failed', async () => {
    const discarded = '-EXECABORT Transaction discarded because of previous errors.\r\n';
    const { store } = storeThatAnswers(
      `${discarded}-ERR value is not an integer or out of range\r\n${discarded}`,
    );
    const batch = store.batch([storeCommands.set('a', '1'), storeCommands.incr('a'), storeCommands.get('a')]);
    await assert.rejects(batch, { code: 'command_refused', message: /not an integer/ });
  });

  test('repeats a batch of reads or of plain sets only', async () => {
    const { store, requests } = storeThatAnswers('+OK\r\n+OK\r\n');
    const { get, set, incr } = storeCommands;
    for (const batch of [
      [get('a'), get('b')],
      [set('a', '1'), set('b', '2')],
      [get('a'), set('a', '1')],
      [set('a', '1'), incr('a')],
    ]) {
      await store.batch(batch).catch(() => {});
    }
    assert.deepEqual(
      requests.map(({ isRepeatable }) => isRepeatable),
      [true, true, false, false],
    );
  });

  test('rejects with the reason of an aborted signal and lets go of it afterwards', async () => {
    const pending: StorageRequest[] = [];
    const store = new TypedStore(0, request => pending.push(request));
    const controller = new AbortController();
    const aborted = store.get('k', { signal: controller.signal });
    controller.abort(new Error('not wanted any more'));
    await assert.rejects(aborted, /not wanted any more/);
    pending[0]!.onReply(Buffer.from('_\r\n'));
    await assert.rejects(store.get('k', { signal: controller.signal }), /not wanted any more/);
    assert.equal(pending.length, 1);
  });

  test('a call that cannot be packed leaves nothing to the next one', async () => {
    const { store, requests } = storeThatAnswers('+OK\r\n');
    await assert.rejects(store.set('k', undefined as unknown as string));
    await store.set('k', 'v');
    assert.deepEqual(requests.map(wordsOf), [[['set', 'k', 'v']]]);
  });

  test('copies small values out of their frame and leaves large ones in it', async () => {
    const frame = Buffer.from(new ArrayBuffer(20_000));
    frame.write('$5\r\nsmall\r\n', 0, 'latin1');
    frame.write('$15000\r\n', 100, 'latin1');
    frame.write('\r\n', 100 + 8 + 15_000, 'latin1');
    let at = 0;
    const store = new TypedStore(0, request => request.onReply(frame.subarray(at)));
    const small = await store.get('k');
    assert.equal(small!.toString(), 'small');
    assert.notEqual(small!.buffer, frame.buffer);
    at = 100;
    assert.equal((await store.get('k'))!.buffer, frame.buffer);
  });
});
