/**
 * Polls `check` until it returns a truthy value or stops throwing, and returns that value.
 *
 * @throws the last error of `check`, or an error that names `what`, after `timeoutMs` (10 s by default).
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  what = 'condition',
  timeoutMs = 10_000,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await check();
      if (value) return value;
      last = new Error(`not within ${timeoutMs} ms: ${what}`);
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) throw last;
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}
