import type { StorageError } from '../errors.ts';
import type { FrameEntry } from './frames.ts';

/** Who waits for the replies of one entry. Exactly one of the two is called, once, unless the entry is abandoned. */
export interface ChannelCall {
  /** `reply`: one RESP reply per command, a view of the frame that it came in. */
  onReply(reply: Buffer): void;
  /** No reply will come. `wasSent`: the storage thread may have run it. */
  onLost(error: StorageError, wasSent: boolean): void;
}

/** How a channel has been used since it was opened; numbers of commands where nothing else is said. */
export interface ChannelStatistics {
  sent: number;
  received: number;
  /** Entries that were given up because no reply came in time. */
  timeouts: number;
  /** Entries that could not be handed to the thread. */
  sendFailures: number;
  /** Entries that had to wait because the window was full. */
  backpressureEvents: number;
  /** Replies to entries that had been given up. */
  lateReplies: number;
  /** Milliseconds from sending to reply, summed over `replies`. */
  replyMs: number;
  replies: number;
}

/** The way to one storage thread, as the client uses it. */
export interface CommandChannel {
  /** Commands that are not answered yet, the ones given up included: the thread still has to run them. */
  readonly pending: number;
  readonly statistics: ChannelStatistics;
  /** Called when replies made room. */
  onRoom: (() => void) | undefined;
  /** Whether an entry of so many commands and bytes may be sent now. */
  hasRoom(commands: number, bytes: number): boolean;
  /** Counts an entry that has to wait for room. */
  holdBack(): void;
  /** Sends `entry` with the next frame and returns its id; only after `hasRoom`. `call` hears of it later, never at once. */
  send(entry: FrameEntry, call: ChannelCall): number;
  /** Forgets who waits for an entry; its reply is dropped, and its room is given back only then. */
  abandon(id: number): void;
  /**
   * Hands every entry that waits back to its caller; nothing may be sent afterwards. Replies that lie in the port are
   * lost with it: where the thread has ended, wait for the port's `close` first.
   */
  fail(error: StorageError): void;
}
