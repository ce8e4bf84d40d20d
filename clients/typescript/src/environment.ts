/** What the client takes from the platform; tests and old platforms bring their own. */
export interface Environment {
  /** @default globalThis.WebSocket */
  readonly WebSocket: new (
    url: string,
  ) => WebSocket;
  /** Milliseconds of a clock that does not jump. */
  now(): number;
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(handle: unknown): void;
  /** From 0 up to 1. */
  random(): number;
}

/** The environment of the platform, with `overrides` in place of parts of it. */
export function environmentWith(overrides: Partial<Environment> = {}): Environment {
  return {
    WebSocket: overrides.WebSocket ?? globalThis.WebSocket,
    now: () => overrides.now?.() ?? performance.now(),
    setTimeout: (callback, delayMs) =>
      overrides.setTimeout === undefined
        ? globalThis.setTimeout(callback, delayMs)
        : overrides.setTimeout(callback, delayMs),
    clearTimeout: handle =>
      overrides.clearTimeout === undefined
        ? globalThis.clearTimeout(handle as ReturnType<typeof setTimeout>)
        : overrides.clearTimeout(handle),
    random: () => overrides.random?.() ?? Math.random(),
  };
}
