import { WebSocket } from 'ws';

/** A client's WebSocket with one subscription. */
export interface Subscriber {
  readonly socket: WebSocket;
  /** What came, in order. */
  readonly events: readonly unknown[];
  /** In which order the reply and the events came. */
  readonly order: readonly ('reply' | 'event')[];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

/** Opens a socket and subscribes; settles once the subscription's id has come. */
export function subscribe(
  url: string,
  params: readonly unknown[],
  { onOpen }: { readonly onOpen?: () => void } = {},
): Promise<Subscriber> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    const events: unknown[] = [];
    const order: ('reply' | 'event')[] = [];
    const closed = new Promise<{ code: number; reason: string }>(settle => {
      socket.on('close', (code, reason) => settle({ code, reason: reason.toString() }));
    });
    socket.on('error', reject);
    socket.on('open', () => {
      socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params }));
      onOpen?.();
    });
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as {
        id?: number;
        error?: { message: string };
        params?: { result: unknown };
      };
      order.push(message.id === 1 ? 'reply' : 'event');
      if (message.error !== undefined) reject(new Error(message.error.message));
      else if (message.id === 1) resolve({ socket, events, order, closed });
      else events.push(message.params?.result);
    });
  });
}

/** What makes a log the same log: its block, its index there, and whether it is taken back. */
export function logId(log: unknown): string {
  const { blockHash, logIndex, removed } = log as Record<string, unknown>;
  return `${blockHash}:${logIndex}:${removed}`;
}
