import { compileGlob } from '../../protocol/resp/glob.ts';
import type { CommandRun } from './command-run.ts';
import { parseInteger } from './integer-text.ts';
import { absent, corrupt, present } from './store.ts';
import { maxKeyBytes } from './stored-key.ts';

/** Keys that one SCAN looks at, whatever COUNT says: other commands wait meanwhile. */
const maxScanned = 10_000;
const usualScanned = 10;
const positionMark = 1;

export function del(run: CommandRun): void {
  let removed = 0;
  for (let i = 0; i < run.args.argumentCount; i++) {
    // A damaged record can be removed, which is how to get rid of it.
    run.findExpiry(i);
    const isExpired = run.store.expiry !== 0 && run.store.expiry <= run.now;
    if (run.remove(i) && !isExpired) removed++;
  }
  run.reply.integer(removed);
}

export function exists(run: CommandRun): void {
  let found = 0;
  for (let i = 0; i < run.args.argumentCount; i++) {
    const state = run.find(i);
    if (state === corrupt) return;
    if (state === present) found++;
  }
  run.reply.integer(found);
}

export function type(run: CommandRun): void {
  const state = run.find(0);
  if (state !== corrupt) run.reply.simple(state === present ? 'string' : 'none');
}

export function dbSize(run: CommandRun): void {
  run.reply.integer(run.store.keys);
}

export function flushAll(run: CommandRun): void {
  const count = run.args.argumentCount;
  if (count > 1 || (count === 1 && !run.isWord(0, 'async') && !run.isWord(0, 'sync'))) {
    run.fail('ERR syntax error');
    return;
  }
  run.store.clear();
  run.answerOk();
}

/**
 * SCAN from a position: empty for the beginning, else a byte 1 and the last key that was looked at. Replies with the
 * next position, empty at the end, and the keys.
 */
export function scan(run: CommandRun): void {
  const { args, reply, store } = run;
  const { source, starts, ends } = args;
  const isStart = starts[0] === ends[0];
  const isPosition = source[starts[0]!] === positionMark && ends[0]! - starts[0]! <= maxKeyBytes + 1;
  if (!isStart && !isPosition) {
    run.fail('ERR invalid cursor');
    return;
  }
  let matches: ((subject: Uint8Array) => boolean) | undefined;
  let count = usualScanned;
  let isTypeWanted = true;
  for (let i = 1; i < args.argumentCount; i += 2) {
    if (i + 1 >= args.argumentCount) {
      run.fail('ERR syntax error');
      return;
    }
    if (run.isWord(i, 'match')) matches = compileGlob(source.subarray(starts[i + 1]!, ends[i + 1]!));
    else if (run.isWord(i, 'type')) isTypeWanted = run.isWord(i + 1, 'string');
    else if (run.isWord(i, 'count')) {
      const wanted = parseInteger(source, starts[i + 1]!, ends[i + 1]!);
      if (wanted === undefined) {
        run.fail('ERR value is not an integer or out of range');
        return;
      }
      if (wanted < 1) {
        run.fail('ERR syntax error');
        return;
      }
      count = typeof wanted === 'bigint' ? maxScanned : Math.min(wanted, maxScanned);
    } else {
      run.fail('ERR syntax error');
      return;
    }
  }
  const position = isStart ? undefined : source.subarray(starts[0]! + 1, ends[0]!);
  // One key more than wanted tells whether there is more.
  const keys: Uint8Array[] = [];
  for (const key of store.keysBehind(position, count + 1)) keys.push(key.source);
  const hasMore = keys.length > count;
  if (hasMore) keys.pop();
  const mayBeExpired = store.hasExpired(run.now);
  const found: Uint8Array[] = [];
  for (const key of isTypeWanted ? keys : []) {
    if (matches !== undefined && !matches(key)) continue;
    if (mayBeExpired && store.read(key, 0, key.length, run.now) === absent) continue;
    found.push(key);
  }
  const last = keys.at(-1);
  reply.array(2);
  if (!hasMore || last === undefined) reply.text('');
  else reply.bulk(Buffer.concat([positionBytes, last]));
  reply.array(found.length);
  for (const key of found) reply.bulk(key);
}

const positionBytes = Buffer.of(positionMark);
