import { type PlainChildSpec, statemChild } from '../../otp/child-spec.ts';
import { isShutdown } from '../../otp/exit-reason.ts';
import type { GenStatem } from '../../otp/gen-statem.ts';
import { processName } from '../../otp/process-name.ts';
import { stop } from '../../otp/results.ts';
import type { Self } from '../../otp/self.ts';
import { startIn, toState } from '../../otp/statem-events.ts';
import type { Log } from '../../telemetry/log.ts';
import type { StorageChannel } from '../channel/storage-channel.ts';
import { StorageError } from '../errors.ts';
import { replaceDataFile } from './replace-data-file.ts';
import type { StartBackoff } from './start-backoff.ts';
import type { StorageThreadHandle, ThreadEnd } from './storage-thread-handle.ts';
import type { WriterState } from './writer-state.ts';

/** What the writer process needs of the storage client. */
export interface WriterClient {
  attachWriter(channel: StorageChannel): void;
  detachWriter(reason: string): void;
  stop(withinMs: number): Promise<void>;
}

export interface WriterProcessArgs {
  /** Starts a writer thread. */
  readonly spawn: () => StorageThreadHandle;
  /** The directories of the stores. */
  readonly directories: readonly string[];
  readonly client: WriterClient;
  readonly state: WriterState;
  readonly backoff: StartBackoff;
  readonly log: Log;
  /** Whether all of Trunkline stops: then the client is stopped too, and calls are answered before. */
  readonly isStopping: () => boolean;
}

type Info =
  | { readonly type: 'thread_ready'; readonly thread: StorageThreadHandle }
  | { readonly type: 'thread_ended'; readonly thread: StorageThreadHandle; readonly end: ThreadEnd }
  | { readonly type: 'start_failed'; readonly error: StorageError };

interface Data {
  readonly args: WriterProcessArgs;
}

/** Of the 30 s that storage has to stop: for the calls that were accepted, then for the thread to close its files. */
const clientStopMs = 15_000;
const threadCloseMs = 15_000;
const shutdownMs = clientStopMs + threadCloseMs + 6_000;

export const writerName = processName<never, never, Info>({ type: 'storage_writer', id: 'main' });

/**
 * Owns the storage thread that writes, and lends its channel to the storage client. Takes no messages from others. It
 * ends when its thread does, and its supervisor starts it and the readers again. The first start of all waits for the
 * thread and fails with its error. Later ones wait inside: at once, then after 1 s, doubling to 30 s while threads do not
 * last, so that storage that cannot run takes nothing else down.
 * A restart loses no acknowledged write. Calls under way that must not be repeated end as `outcome_unknown`; the others
 * wait for the next thread.
 */
const writerProcess: GenStatem<
  WriterProcessArgs,
  'starting' | 'running' | 'waiting',
  Data,
  never,
  never,
  Info
> = {
  label: 'storage_writer',

  async init(self, args) {
    const { state, backoff } = args;
    // Not `terminate` alone: that does not run when the process is killed.
    self.system.watch(self.pid, () => letGo(args, 'its process ended'));
    const delayMs = backoff.next(self.system.clock.now());
    if (!state.hasRun) {
      const thread = await startThread(self, args);
      try {
        await thread.ready;
      } catch (error) {
        state.failed((error as Error).message);
        // Whoever hears of the failure may look at the files himself.
        await thread.ended;
        throw error;
      }
      run(self, args, thread);
      return startIn('running', { args });
    }
    if (delayMs > 0) {
      state.enter('waiting');
      args.log.warn('the storage runtime is started again later', { delayMs, failures: backoff.failures });
      return startIn('waiting', { args }, { stateTimeout: delayMs });
    }
    begin(self, args);
    return startIn('starting', { args });
  },

  handleEvent(event, state, data, self) {
    const { args } = data;
    if (event.type === 'state_timeout' && state === 'waiting') {
      begin(self, args);
      return toState('starting');
    }
    if (event.type !== 'info') return;
    const { message } = event;
    switch (message.type) {
      case 'thread_ready':
        if (message.thread !== args.state.thread) return;
        run(self, args, message.thread);
        return toState('running');
      case 'start_failed': {
        const delayMs = args.backoff.next(self.system.clock.now());
        args.state.failed(message.error.message);
        args.state.enter('waiting');
        args.log.error('the storage runtime did not start', { error: message.error, againInMs: delayMs });
        return toState('waiting', { stateTimeout: delayMs });
      }
      case 'thread_ended': {
        if (state !== 'running') return;
        const { reason, error } = message.end;
        args.state.failed(reason);
        return stop({
          error: new StorageError('storage_unavailable', `The storage thread ended: ${reason}.`, {
            cause: error,
          }),
        });
      }
    }
  },

  async terminate(reason, _state, { args }) {
    if (isShutdown(reason) && args.isStopping()) await args.client.stop(clientStopMs);
    await letGo(args, 'the storage runtime restarts');
  },

  formatStatus: (state, { args }) => {
    const { restarts, lastFailure } = args.state.status;
    return { state, restarts, ...(lastFailure === undefined ? {} : { lastFailure }) };
  },
};

/** Starts a thread once the one before is gone; the process hears how that goes. */
function begin(self: Self<never, never, Info>, args: WriterProcessArgs): void {
  startThread(self, args)
    .then(async thread => {
      await thread.ready;
      self.system.send(self.pid, { type: 'thread_ready', thread });
    })
    .catch((error: unknown) => {
      self.system.send(self.pid, { type: 'start_failed', error: asStorageError(error) });
    });
}

async function startThread(
  self: Self<never, never, Info>,
  { state, spawn, directories, log }: WriterProcessArgs,
): Promise<StorageThreadHandle> {
  state.enter('starting');
  await state.cleared;
  if (state.areFilesStuck) {
    for (const directory of directories) await replaceDataFile(directory);
    state.areFilesStuck = false;
    log.warn('the files of the storage runtime were copied to get rid of the locks of a dead thread');
  }
  // Killed or told to end meanwhile: a thread would have no owner.
  if (self.signal.aborted || !self.system.isAlive(self.pid))
    throw new StorageError('storage_unavailable', 'The storage runtime was told to end while it started.');
  const thread = spawn();
  state.occupy(thread);
  return thread;
}

/** The thread answers: calls go to it from now on. */
function run(self: Self<never, never, Info>, args: WriterProcessArgs, thread: StorageThreadHandle): void {
  const { client, state, backoff, log } = args;
  state.hasRun = true;
  state.enter('running');
  backoff.started(self.system.clock.now());
  client.attachWriter(thread.channel);
  log.info('the storage runtime is ready', { restarts: state.status.restarts });
  // At once, not by a message: nothing more may be sent to a thread that is gone.
  void thread.silenced.then(() => {
    if (state.thread === thread) client.detachWriter('its thread ended');
  });
  void thread.ended.then(end => self.system.send(self.pid, { type: 'thread_ended', thread, end }));
}

/** Takes the thread away from the client and closes it in order; done twice, it does nothing. */
async function letGo({ state, client }: WriterProcessArgs, reason: string): Promise<void> {
  state.enter('down');
  client.detachWriter(reason);
  await state.thread?.close(threadCloseMs);
}

function asStorageError(error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new StorageError('storage_unavailable', `The storage runtime could not be started: ${reason}`, {
    cause: error,
  });
}

/** The child specification of the process that owns the writer thread. */
export function writerChild(args: WriterProcessArgs): PlainChildSpec {
  return statemChild({
    id: 'writer',
    statem: writerProcess,
    args,
    name: writerName,
    shutdown: shutdownMs,
    about: 'Owns the storage thread that writes; restarts it with growing pauses while it does not last.',
  });
}
