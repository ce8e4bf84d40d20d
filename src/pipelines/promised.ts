/**
 * What a call by a user's module returned, where it is not done yet; a promise of this realm, whatever it was. Never
 * throws: what cannot be looked at is a rejection.
 */
export function promiseOf(returned: unknown): Promise<unknown> | undefined {
  if (typeof returned !== 'object' || returned === null) return undefined;
  try {
    if (typeof (returned as PromiseLike<unknown>).then !== 'function') return undefined;
    // Others may call back twice, or throw in `then`.
    const isOwn = returned instanceof Promise && returned.then === Promise.prototype.then;
    return isOwn ? returned : new Promise<unknown>(resolve => resolve(returned));
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Whether a promise came where there should be none; what becomes of it then concerns nobody. */
export function isPromised(returned: unknown): boolean {
  const promise = promiseOf(returned);
  promise?.catch(() => {});
  return promise !== undefined;
}

/** What was returned in the place of something else, in a word for its author. */
export function nameOf(returned: unknown): string {
  if (isPromised(returned)) return 'a promise';
  if (returned === null || returned === undefined) return String(returned);
  if (Array.isArray(returned)) return 'an array';
  return typeof returned === 'object' ? 'an object' : `a ${typeof returned}`;
}
