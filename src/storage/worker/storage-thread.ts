import { workerData } from 'node:worker_threads';
import { systemClock } from '../../clock/system-clock.ts';
import type { FromStorageThread, StorageThreadData } from '../channel/messages.ts';
import { StorageError } from '../errors.ts';
import { StorageService } from './storage-service.ts';

/**
 * Entry of a storage thread. An exception that is thrown later is a bug: it undoes the transaction that is open, and
 * ends the thread, so that its owner starts another one.
 */
function main({ options, port }: StorageThreadData): void {
  try {
    new StorageService(options, port, systemClock).start();
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    const failed: FromStorageThread = { type: 'failed', code: error.code, message: error.message };
    port.postMessage(failed);
    port.close();
  }
}

main(workerData as StorageThreadData);
