import { type PlainChildSpec, serverChild } from '../../otp/child-spec.ts';
import type { GenServer } from '../../otp/gen-server.ts';
import { processName } from '../../otp/process-name.ts';
import type { CounterCell } from '../../telemetry/metrics.ts';
import { ReaderPool, type ReaderPoolDependencies } from './reader-pool.ts';
import { ReaderScaling, type ReaderScalingOptions } from './reader-scaling.ts';

export interface ReadersProcessArgs {
  readonly scaling: ReaderScalingOptions;
  /** Milliseconds between two decisions about the number of readers. @default 1000 */
  readonly intervalMs: number;
  /** How a pool is made; each process has its own. */
  readonly pool: ReaderPoolDependencies;
  /** Whether the writer runs: it looks at the files and mends them before readers open them. */
  readonly isWriterRunning: () => boolean;
  /** Reads that wait for the writer, which answers them where there is no reader. */
  readonly writerPending: () => number;
  /** Told of the pool that begins. */
  readonly onPool: (pool: ReaderPool) => void;
  readonly ups: CounterCell;
  readonly downs: CounterCell;
}

interface State {
  readonly pool: ReaderPool;
  readonly scaling: ReaderScaling;
}

/** Samples of the queues per interval: one alone would often fall between two frames. */
const samplesPerInterval = 10;
const shutdownMs = 15_000;

/**
 * Owns the reader threads and decides how many there are. Takes no messages. A restart, with each restart of the writer
 * too, ends all readers and begins with `min`; reads under way are run by other threads, none is lost. A reader that ends
 * by itself is replaced when the next decision asks for it, with growing pauses while readers do not last.
 */
const readersProcess: GenServer<ReadersProcessArgs, State> = {
  label: 'storage_readers',
  init(self, args) {
    const { clock } = self.system;
    const pool = new ReaderPool(args.pool);
    const scaling = new ReaderScaling(args.scaling);
    fill(pool, args);
    args.onPool(pool);
    const state = { pool, scaling };
    let samples = 0;
    // Straight from the clock: what is measured is how full the queues are, not how long a mailbox is.
    const timer =
      args.scaling.max === 0
        ? undefined
        : clock.setInterval(() => {
            fill(pool, args);
            scaling.sample(pool.size === 0 ? args.writerPending() : pool.pending);
            if (++samples % samplesPerInterval === 0) decide(state, args, clock.now());
          }, args.intervalMs / samplesPerInterval);
    // Not `terminate` alone: that does not run when the process is killed.
    self.system.watch(self.pid, () => {
      clock.clearInterval(timer);
      void pool.close();
    });
    return state;
  },
  terminate: (_reason, { pool }) => pool.close(),
  formatStatus: ({ pool }) => ({ readers: pool.size, pending: pool.pending }),
};

/** Brings the readers up to `min`. */
function fill(pool: ReaderPool, { scaling, isWriterRunning }: ReadersProcessArgs): void {
  while (pool.size < scaling.min && isWriterRunning()) if (!pool.grow()) return;
}

function decide({ pool, scaling }: State, args: ReadersProcessArgs, now: number): void {
  const decision = scaling.evaluate(now, pool.size);
  if (decision === 'up' && args.isWriterRunning() && pool.grow()) args.ups.inc();
  else if (decision === 'down' && pool.shrink()) args.downs.inc();
  else return;
  scaling.changed(now);
  args.pool.log.info('the number of storage readers changed', { change: decision, readers: pool.size });
}

/** The child specification of the process that owns the reader threads. */
export function readersChild(args: ReadersProcessArgs): PlainChildSpec {
  return serverChild({
    id: 'readers',
    server: readersProcess,
    args,
    name: processName({ type: 'storage_readers', id: 'main' }),
    shutdown: shutdownMs,
    about:
      'Owns the storage threads that only read, between `min` and `max` of them by the depth of their queues.',
  });
}
