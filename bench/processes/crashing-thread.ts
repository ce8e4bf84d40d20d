import { BroadcastChannel } from 'node:worker_threads';

/** The storage thread, which ends at once, whatever it does, when it is told to on the channel named `crash`. */
const crash = new BroadcastChannel('crash');
crash.onmessage = () => process.exit(1);
// Nothing else holds the channel, and one that is collected hears nothing.
process.once('exit', () => crash.close());
await import('../../src/storage/worker/storage-thread.ts');
