import type { CommandRun } from './command-run.ts';
import { milliseconds, notInteger, outOfRange, parseExpiry, seconds, type TimeUnit } from './expiry-time.ts';
import { absent, corrupt } from './store.ts';

export function expire(run: CommandRun): void {
  setExpiry(run, seconds, 'expire');
}

export function pexpire(run: CommandRun): void {
  setExpiry(run, milliseconds, 'pexpire');
}

export function ttl(run: CommandRun): void {
  const state = run.find(0);
  if (state === corrupt) return;
  run.reply.integer(state === absent ? -2 : remaining(run, 1000));
}

export function pttl(run: CommandRun): void {
  const state = run.find(0);
  if (state === corrupt) return;
  run.reply.integer(state === absent ? -2 : remaining(run, 1));
}

export function persist(run: CommandRun): void {
  const state = run.find(0);
  if (state === corrupt) return;
  const hadExpiry = state !== absent && run.store.expiry !== 0;
  if (hadExpiry) rewrite(run, 0);
  run.reply.integer(hadExpiry ? 1 : 0);
}

function remaining(run: CommandRun, unit: number): number | bigint {
  const { expiry } = run.store;
  if (expiry === 0) return -1;
  const left = expiry - run.now;
  if (unit === 1) return Number.isSafeInteger(left) ? left : BigInt(left);
  return Math.floor((left + 500) / unit);
}

/** EXPIRE and PEXPIRE, in Redis' order of checks: https://redis.io/docs/latest/commands/expire/ */
function setExpiry(run: CommandRun, unit: TimeUnit, name: string): void {
  const { args, store } = run;
  let onlyIfNone = false;
  let onlyIfAny = false;
  let onlyIfLater = false;
  let onlyIfEarlier = false;
  for (let i = 2; i < args.argumentCount; i++) {
    if (run.isWord(i, 'nx')) onlyIfNone = true;
    else if (run.isWord(i, 'xx')) onlyIfAny = true;
    else if (run.isWord(i, 'gt')) onlyIfLater = true;
    else if (run.isWord(i, 'lt')) onlyIfEarlier = true;
    else {
      run.fail(`ERR Unsupported option ${run.text(i)}`);
      return;
    }
  }
  if (onlyIfNone && (onlyIfAny || onlyIfLater || onlyIfEarlier)) {
    run.fail('ERR NX and XX, GT or LT options at the same time are not compatible');
    return;
  }
  if (onlyIfLater && onlyIfEarlier) {
    run.fail('ERR GT and LT options at the same time are not compatible');
    return;
  }
  const time = parseExpiry(args.source, args.starts[1]!, args.ends[1]!, unit, run.now);
  if (time === notInteger) {
    run.fail('ERR value is not an integer or out of range');
    return;
  }
  if (time === outOfRange) {
    run.fail(`ERR invalid expire time in '${name}' command`);
    return;
  }
  const state = run.find(0);
  if (state === corrupt) return;
  const current = store.expiry;
  const isRefused =
    state === absent ||
    (onlyIfNone && current !== 0) ||
    (onlyIfAny && current === 0) ||
    // A key without an expiry counts as one that expires never.
    (onlyIfLater && (current === 0 || time <= current)) ||
    (onlyIfEarlier && current !== 0 && time >= current);
  if (isRefused) {
    run.reply.integer(0);
    return;
  }
  if (time <= run.now) run.remove(0);
  else rewrite(run, time);
  run.reply.integer(1);
}

/** Writes the value that was found again, with another expiry. */
function rewrite(run: CommandRun, expiry: number): void {
  const { args, store } = run;
  const { value, valueStart, valueEnd } = store;
  store.put(args.source, args.starts[0]!, args.ends[0]!, value, valueStart, valueEnd, expiry);
}
