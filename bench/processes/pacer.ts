import { parentPort, workerData } from 'node:worker_threads';
import { now } from '../harness/now.ts';

/** What the pacing thread is told. */
export interface PacerData {
  /** `now()` of the first request. */
  readonly startAt: number;
  readonly intervalMs: number;
  readonly count: number;
}

/**
 * Posts the number of each request when it is due. A thread of its own, because timers of the event loop are whole
 * milliseconds apart and late when the loop is busy; this one sleeps to a fraction of one.
 */
const { startAt, intervalMs, count } = workerData as PacerData;
const cell = new Int32Array(new SharedArrayBuffer(4));
for (let index = 0; index < count; index++) {
  const early = startAt + index * intervalMs - now();
  if (early > 0) Atomics.wait(cell, 0, 0, early);
  parentPort?.postMessage(index);
}
