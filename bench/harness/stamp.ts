import { now } from './now.ts';

const mark = '0xfeed';
const digits = 12;

/** Hex digits that tell when an event was made, to be put wherever a chain has hex of its own: a hash, the data of a log. */
export function stamp(at = now()): string {
  return (
    mark +
    Math.round(at * 1000)
      .toString(16)
      .padStart(digits, '0')
  );
}

/** When the event in `bytes` was made, `now()` milliseconds; NaN: there is no stamp. */
export function stampIn(bytes: Buffer, start: number, end: number): number {
  const found = bytes.indexOf(mark, start, 'latin1');
  const last = found + mark.length + digits;
  if (found < 0 || last > end) return Number.NaN;
  let stamped = 0;
  for (let at = found + mark.length; at < last; at++) {
    const code = bytes[at]!;
    stamped = stamped * 16 + (code < 0x40 ? code - 0x30 : code - 0x57);
  }
  return stamped / 1000;
}

/** A JSON event of exactly `bytes` bytes (at least 64) with a stamp. */
export function stampedEvent(bytes: number, number: number, at = now()): Buffer {
  const head = `{"at":"${stamp(at)}","number":${number},"filler":"`;
  return Buffer.from(`${head.padEnd(bytes - 2, 'x')}"}`, 'latin1');
}
