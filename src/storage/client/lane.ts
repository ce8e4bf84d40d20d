import type { CommandChannel } from '../channel/command-channel.ts';
import type { PriorityQueue } from './priority-queue.ts';

/** The way to one storage thread together with the calls that wait for it. */
export interface Lane {
  readonly role: 'writer' | 'reader';
  /** Undefined while the thread is down. */
  channel: CommandChannel | undefined;
  readonly queue: PriorityQueue;
}
