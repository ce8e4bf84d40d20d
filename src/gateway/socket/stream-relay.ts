import type { StreamSubscriber } from '../../aggregation/stream-hub.ts';
import type { NotificationFrame } from '../../chains/subscription-rules.ts';

/** Events of one subscription that may wait for its reply, which in a batch waits for the slowest call. */
const maxEarlyEvents = 1_024;

/** What a relay needs of its subscription. */
export interface RelayTarget {
  isOpen(): boolean;
  send(message: Buffer): void;
  /** More events wait for the reply than may. */
  overflow(): void;
  onEnd(message: string): void;
  /** Events may be missing that nobody can tell any more. */
  onGap(): void;
  /** The stream told all that it had to tell, and the client has it. */
  onComplete(): void;
}

/** Hands events of a shared stream to a client, as notifications, from `begin` on; those before wait. */
export interface StreamRelay {
  readonly subscriber: StreamSubscriber;
  begin(): void;
}

export function relayStream(frame: NotificationFrame, target: RelayTarget): StreamRelay {
  const prefix = Buffer.from(frame.prefix);
  const suffix = Buffer.from(frame.suffix);
  let early: Buffer[] | undefined = [];
  let isComplete = false;
  return {
    subscriber: {
      onEvent: result => {
        if (!target.isOpen()) return;
        const message = Buffer.concat([prefix, result, suffix]);
        if (early === undefined) target.send(message);
        else if (early.push(message) > maxEarlyEvents) target.overflow();
      },
      onEnd: message => {
        if (target.isOpen()) target.onEnd(message);
      },
      onGap: () => {
        if (target.isOpen()) target.onGap();
      },
      onComplete: () => {
        isComplete = true;
        if (early === undefined) target.onComplete();
      },
    },
    begin: () => {
      const waiting = early ?? [];
      early = undefined;
      for (const message of waiting) if (target.isOpen()) target.send(message);
      if (isComplete) target.onComplete();
    },
  };
}
