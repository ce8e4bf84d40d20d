import type { StreamSubscriber } from '../../aggregation/stream-hub.ts';

/** Events of one subscription that may wait for its reply, which in a batch waits for the slowest call. */
const maxEarlyEvents = 1_024;
const suffix = Buffer.from('}}');

/** What a relay needs of its subscription. */
export interface RelayTarget {
  isOpen(): boolean;
  send(message: Buffer): void;
  /** More events wait for the reply than may. */
  overflow(): void;
  onEnd(message: string): void;
}

/** Hands events of a shared stream to a client, as notifications, from `begin` on; those before wait. */
export interface StreamRelay {
  readonly subscriber: StreamSubscriber;
  begin(): void;
}

export function relayStream(id: string, target: RelayTarget): StreamRelay {
  const prefix = Buffer.from(
    `{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"${id}","result":`,
  );
  let early: Buffer[] | undefined = [];
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
    },
    begin: () => {
      const waiting = early ?? [];
      early = undefined;
      for (const message of waiting) target.send(message);
    },
  };
}
