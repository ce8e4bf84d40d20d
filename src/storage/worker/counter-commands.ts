import type { CommandRun } from './command-run.ts';
import { addIntegers, fitsInt64, parseInteger } from './integer-text.ts';
import { absent, corrupt, present } from './store.ts';

const notInteger = 'ERR value is not an integer or out of range';

export function incr(run: CommandRun): void {
  add(run, 1);
}

export function decr(run: CommandRun): void {
  add(run, -1);
}

export function incrBy(run: CommandRun): void {
  const delta = parseInteger(run.args.source, run.args.starts[1]!, run.args.ends[1]!);
  if (delta === undefined) run.fail(notInteger);
  else add(run, delta);
}

export function decrBy(run: CommandRun): void {
  const delta = parseInteger(run.args.source, run.args.starts[1]!, run.args.ends[1]!);
  if (delta === undefined) run.fail(notInteger);
  else if (typeof delta === 'number') add(run, delta === 0 ? 0 : -delta);
  else if (fitsInt64(-delta)) add(run, -delta);
  else run.fail('ERR decrement would overflow');
}

function add(run: CommandRun, delta: number | bigint): void {
  if (!run.isStorable(0)) return;
  const { args, store } = run;
  const state = run.find(0);
  if (state === corrupt) return;
  const before = state === absent ? 0 : parseInteger(store.value, store.valueStart, store.valueEnd);
  if (before === undefined) {
    run.fail(notInteger);
    return;
  }
  const after = addIntegers(before, delta);
  if (after === undefined) {
    run.fail('ERR increment or decrement would overflow');
    return;
  }
  const digits = after.toString();
  const record = store.prepare(digits.length);
  for (let i = 0; i < digits.length; i++) record[store.valueStart + i] = digits.charCodeAt(i);
  store.putPrepared(args.source, args.starts[0]!, args.ends[0]!, state === present ? store.expiry : 0);
  run.reply.integer(after);
}
