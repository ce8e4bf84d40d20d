/** What a process holds. */
export interface MemoryUse {
  readonly residentBytes: number;
  /** Of V8's heap, and of buffers outside it. */
  readonly heapBytes: number;
}

/** Measured after everything that is garbage is gone; needs `--expose-gc`. */
export function memoryNow(): MemoryUse {
  for (let times = 0; times < 4; times++) globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { residentBytes: rss, heapBytes: heapUsed + external };
}
