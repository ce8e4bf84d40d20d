import type { CommandRun } from './command-run.ts';
import {
  milliseconds,
  notInteger,
  outOfRange,
  parseExpiry,
  seconds,
  type TimeUnit,
  unixMilliseconds,
  unixSeconds,
} from './expiry-time.ts';
import { absent, corrupt, present } from './store.ts';

/** The options of a SET; one for all, filled anew for each. */
interface SetOptions {
  onlyIfAbsent: boolean;
  onlyIfPresent: boolean;
  keepsExpiry: boolean;
  answersOld: boolean;
  unit: TimeUnit | undefined;
  timeIndex: number;
}

const options: SetOptions = {
  onlyIfAbsent: false,
  onlyIfPresent: false,
  keepsExpiry: false,
  answersOld: false,
  unit: undefined,
  timeIndex: 0,
};

/** SET, by the rules of Redis 7: https://redis.io/docs/latest/commands/set/ */
export function set(run: CommandRun): void {
  if (!run.isStorable(0)) return;
  if (run.args.argumentCount === 2) {
    run.findExpiry(0);
    run.put(0, 1, 0);
    run.answerOk();
  } else if (readOptions(run)) setWithOptions(run);
  else run.fail('ERR syntax error');
}

function setWithOptions(run: CommandRun): void {
  const { onlyIfAbsent, onlyIfPresent, keepsExpiry, answersOld, unit, timeIndex } = options;
  let expiry = 0;
  if (unit !== undefined) {
    const { source, starts, ends } = run.args;
    const time = parseExpiry(source, starts[timeIndex]!, ends[timeIndex]!, unit, run.now);
    if (time === notInteger) {
      run.fail('ERR value is not an integer or out of range');
      return;
    }
    if (time === outOfRange || time <= (unit.isAbsolute ? 0 : run.now)) {
      run.fail("ERR invalid expire time in 'set' command");
      return;
    }
    expiry = time;
  }
  let state: typeof absent | typeof present = absent;
  if (onlyIfAbsent || onlyIfPresent || keepsExpiry || answersOld) {
    const found = run.find(0);
    if (found === corrupt) return;
    state = found;
    if (keepsExpiry && state === present) expiry = run.store.expiry;
  } else run.findExpiry(0);
  if (answersOld) {
    if (state === absent) run.reply.null();
    else if (!run.answerValue()) return;
  }
  if (state === present ? onlyIfAbsent : onlyIfPresent) {
    if (!answersOld) run.reply.null();
    return;
  }
  // A time in the past leaves nothing, as a key that expired is never seen.
  if (expiry !== 0 && expiry <= run.now) run.remove(0);
  else run.put(0, 1, expiry);
  if (!answersOld) run.answerOk();
}

/** Fills `options`; false: they contradict each other, or are none. */
function readOptions(run: CommandRun): boolean {
  options.onlyIfAbsent = false;
  options.onlyIfPresent = false;
  options.keepsExpiry = false;
  options.answersOld = false;
  options.unit = undefined;
  const count = run.args.argumentCount;
  for (let i = 2; i < count; i++) {
    if (run.isWord(i, 'nx') && !options.onlyIfPresent) options.onlyIfAbsent = true;
    else if (run.isWord(i, 'xx') && !options.onlyIfAbsent) options.onlyIfPresent = true;
    else if (run.isWord(i, 'get')) options.answersOld = true;
    else if (run.isWord(i, 'keepttl') && options.unit === undefined) options.keepsExpiry = true;
    else {
      const unit = unitOf(run, i);
      if (unit === undefined || i + 1 >= count || options.keepsExpiry) return false;
      if (options.unit !== undefined && options.unit !== unit) return false;
      options.unit = unit;
      options.timeIndex = ++i;
    }
  }
  return true;
}

function unitOf(run: CommandRun, index: number): TimeUnit | undefined {
  if (run.isWord(index, 'ex')) return seconds;
  if (run.isWord(index, 'px')) return milliseconds;
  if (run.isWord(index, 'exat')) return unixSeconds;
  return run.isWord(index, 'pxat') ? unixMilliseconds : undefined;
}
