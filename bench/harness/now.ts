/** Monotonic milliseconds; the same clock in all processes and threads of the machine. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
