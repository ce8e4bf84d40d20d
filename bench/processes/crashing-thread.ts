import { Store } from '../../src/storage/worker/store.ts';

/** The storage thread, which dies in the middle of a transaction when a write reaches the key `crash`. */
const { putPrepared } = Store.prototype;
Store.prototype.putPrepared = function (source, start, end, expiry) {
  putPrepared.call(this, source, start, end, expiry);
  if (Buffer.from(source.subarray(start, end)).toString() === 'crash') throw new Error('crashed on purpose');
};
await import('../../src/storage/worker/storage-thread.ts');
