import type { Clock } from '../../clock/clock.ts';
import type { ReplyWriter } from '../../protocol/resp/reply-writer.ts';
import type { RespMeter } from '../resp-meter.ts';
import type { RespOptions } from '../resp-options.ts';
import type { Session } from '../session.ts';
import type { StoreFigures } from '../storage-sink.ts';
import type { TopicSubscriber, Topics } from '../topics.ts';
import type { Words } from '../words.ts';

/** A connection as the commands see it. */
export interface RespClient extends TopicSubscriber {
  readonly session: Session;
  /** Bytes of replies that the client has not taken. */
  readonly outputBytes: number;
  /** Bytes received that make no command yet. */
  readonly queryBytes: number;
  /** Closes the connection once everything before is answered. */
  closeAfterReplies(): void;
  /** Closes the connection at once. */
  kill(): void;
}

/** What commands need of the server. */
export interface RespServices {
  readonly options: RespOptions;
  readonly topics: Topics;
  readonly clients: ReadonlyMap<number, RespClient>;
  readonly meter: RespMeter;
  readonly clock: Clock;
  readonly runId: string;
  readonly port: number;
  /** Monotonic milliseconds of the start. */
  readonly startedAt: number;
  isPassword(bytes: Uint8Array): boolean;
  figures(): StoreFigures;
}

/** One command that is handled without the storage. */
export interface SessionCall {
  readonly words: Words;
  readonly client: RespClient;
  readonly session: Session;
  readonly services: RespServices;
  /** Takes the reply; it goes nowhere while the client has replies turned off. */
  reply: ReplyWriter;
  /** Takes what is sent even then: confirmations of subscriptions. */
  push: ReplyWriter;
}

/** A command, or a subcommand, as its handler sees it. */
export type SessionHandler = (call: SessionCall) => void;
