import { commandErrors } from '../commands/command-errors.ts';
import type { CommandRun } from './command-run.ts';
import { parseInteger } from './integer-text.ts';
import { absent, corrupt, present } from './store.ts';

/** Keys that one command looks at, whatever it asks for: others wait meanwhile. */
const maxLooked = 10_000;
/** Bytes that one command answers with, but for its first record. */
const maxBytes = 64 * 1024 * 1024;
/** Keys that are read ahead of their records. */
const pageKeys = 64;

type Mode = 'forward' | 'floor' | 'reverse' | 'keys';
const modes = ['floor', 'reverse', 'keys'] as const;

/** RANGE, see `internalCommands`: replies with keys and values in turns, or with keys. */
export function range(run: CommandRun): void {
  const { reply } = run;
  const mode = modeOf(run);
  const limit = countAt(run, 2);
  const bytes = countAt(run, 3);
  if (mode === undefined || limit === undefined || bytes === undefined) {
    run.fail('ERR syntax error');
    return;
  }
  if (!run.isStorable(0) || !run.isStorable(1)) return;
  const parts = mode === 'keys' ? keysOf(run, limit) : recordsOf(run, mode, limit, Math.min(bytes, maxBytes));
  if (parts === undefined) return;
  reply.array(parts.length);
  for (const part of parts) reply.bulk(part);
}

/** DELRANGE, see `internalCommands`. */
export function delRange(run: CommandRun): void {
  const limit = countAt(run, 2);
  if (limit === undefined) {
    run.fail('ERR syntax error');
    return;
  }
  if (!run.isStorable(0) || !run.isStorable(1)) return;
  let removed = 0;
  for (const key of keysOf(run, limit)) {
    // A damaged record can be removed, which is how to get rid of it.
    run.store.readExpiry(key, 0, key.length);
    const isExpired = run.store.expiry !== 0 && run.store.expiry <= run.now;
    if (run.store.remove(key, 0, key.length) && !isExpired) removed++;
  }
  run.reply.integer(removed);
}

/** EXPECT, see `internalCommands`. */
export function expect(run: CommandRun): void {
  const state = run.find(0);
  if (state === corrupt) return;
  const { args, store } = run;
  if (state === present) {
    const value = copyOf(store.value, store.valueStart, store.valueEnd);
    for (let i = 1; i < args.argumentCount; i++) {
      if (value.equals(args.source.subarray(args.starts[i], args.ends[i]))) {
        run.answerOk();
        return;
      }
    }
  }
  run.fail(commandErrors.unexpectedValue);
}

function keysOf(run: CommandRun, limit: number): Buffer[] {
  const { start, end } = boundsOf(run);
  return run.store.keysFrom(start, end, limit);
}

/** Undefined: a record is damaged, and the command was answered with that. */
function recordsOf(
  run: CommandRun,
  mode: Exclude<Mode, 'keys'>,
  limit: number,
  bytes: number,
): Buffer[] | undefined {
  const { store } = run;
  const { start, end } = boundsOf(run);
  const parts: Buffer[] = [];
  let total = 0;
  const take = (key: Buffer): 'taken' | 'skipped' | 'full' | 'corrupt' => {
    const state = store.read(key, 0, key.length, run.now);
    if (state === absent) return 'skipped';
    if (state === corrupt) {
      run.fail(commandErrors.corruptRecord);
      return 'corrupt';
    }
    total += key.length + store.valueEnd - store.valueStart;
    if (parts.length > 0 && total > bytes) return 'full';
    parts.push(key, copyOf(store.value, store.valueStart, store.valueEnd));
    return 'taken';
  };
  let from = start;
  if (mode === 'floor') {
    for (const key of floorKeys(run, start)) {
      const taken = take(key);
      if (taken === 'corrupt') return undefined;
      if (taken === 'taken') break;
    }
    from = Buffer.concat([start, zero]);
  }
  const isReverse = mode === 'reverse';
  let upTo = end;
  for (let looked = 0; looked < maxLooked && parts.length < limit * 2; looked += pageKeys) {
    const keys = isReverse ? store.keysDownFrom(upTo, from, pageKeys) : store.keysFrom(from, upTo, pageKeys);
    for (const key of keys) {
      if (parts.length === limit * 2) return parts;
      const taken = take(key);
      if (taken === 'corrupt') return undefined;
      if (taken === 'full') return parts;
    }
    const last = keys.at(-1);
    if (last === undefined || keys.length < pageKeys) return parts;
    if (isReverse) upTo = last;
    else from = Buffer.concat([last, zero]);
  }
  return parts;
}

/** The keys that are not above `start`, greatest first, as many as it may take to find one that has not expired. */
function floorKeys(run: CommandRun, start: Buffer): Buffer[] {
  return run.store.keysDownFrom(Buffer.concat([start, zero]), lowest, pageKeys);
}

function boundsOf({ args }: CommandRun): { start: Buffer; end: Buffer } {
  const { source, starts, ends } = args;
  return { start: source.subarray(starts[0], ends[0]), end: source.subarray(starts[1], ends[1]) };
}

function modeOf(run: CommandRun): Mode | undefined {
  if (run.args.argumentCount === 4) return 'forward';
  return run.args.argumentCount === 5 ? modes.find(mode => run.isWord(4, mode)) : undefined;
}

/** The positive number at `index`, at most as many as one command may look at where it counts keys. */
function countAt({ args }: CommandRun, index: number): number | undefined {
  const value = parseInteger(args.source, args.starts[index]!, args.ends[index]!);
  if (typeof value !== 'number' || value < 1) return undefined;
  return index === 2 ? Math.min(value, maxLooked) : value;
}

/** The value may lie in lmdb's reused buffer, which claims a length of its own: natives get a plain view. */
function copyOf(source: Uint8Array, start: number, end: number): Buffer {
  return Buffer.from(new Uint8Array(source.buffer, source.byteOffset + start, end - start));
}

const zero = Buffer.of(0);
const lowest = Buffer.alloc(0);
