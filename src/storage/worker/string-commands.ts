import type { CommandRun } from './command-run.ts';
import { maxValueBytes } from './command-run.ts';
import { absent, corrupt, present } from './store.ts';

export function get(run: CommandRun): void {
  const state = run.find(0);
  if (state === present) run.answerValue();
  else if (state === absent) run.reply.null();
}

export function mget(run: CommandRun): void {
  const count = run.args.argumentCount;
  run.reply.array(count);
  for (let i = 0; i < count; i++) {
    const state = run.find(i);
    if (state === corrupt) return;
    if (state === absent) run.reply.null();
    else if (!run.answerValue()) return;
  }
}

export function mset(run: CommandRun): void {
  const count = run.args.argumentCount;
  if (count % 2 !== 0) {
    run.fail("ERR wrong number of arguments for 'mset' command");
    return;
  }
  for (let i = 0; i < count; i += 2) if (!run.isStorable(i)) return;
  for (let i = 0; i < count; i += 2) {
    run.findExpiry(i);
    run.put(i, i + 1, 0);
  }
  run.answerOk();
}

export function getDel(run: CommandRun): void {
  const state = run.find(0);
  if (state === absent) run.reply.null();
  else if (state === present && run.answerValue()) run.remove(0);
}

export function strlen(run: CommandRun): void {
  const state = run.find(0);
  if (state !== corrupt) run.reply.integer(state === present ? run.store.valueEnd - run.store.valueStart : 0);
}

export function append(run: CommandRun): void {
  if (!run.isStorable(0)) return;
  const state = run.find(0);
  if (state === corrupt) return;
  const { args, store } = run;
  const { source, starts, ends } = args;
  if (state === absent) {
    run.put(0, 1, 0);
    run.reply.integer(ends[1]! - starts[1]!);
    return;
  }
  const { value, valueStart, valueEnd, expiry } = store;
  const before = valueEnd - valueStart;
  const total = before + ends[1]! - starts[1]!;
  if (total > maxValueBytes) {
    run.fail('ERR string exceeds maximum allowed size (proto-max-bulk-len)');
    return;
  }
  const record = store.prepare(total);
  // The value may lie in lmdb's reused buffer, which claims a length of its own: natives get a plain view.
  record.set(new Uint8Array(value.buffer, value.byteOffset + valueStart, before), valueStart);
  record.set(source.subarray(starts[1]!, ends[1]!), valueStart + before);
  store.putPrepared(source, starts[0]!, ends[0]!, expiry);
  run.reply.integer(total);
}
