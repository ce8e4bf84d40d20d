import { WebSocket } from 'ws';
import { eventually } from './eventually.ts';

/** A client's WebSocket that is subscribed to `newHeads`. */
export interface HeadClient {
  readonly socket: WebSocket;
  /** Block numbers in the order of their arrival. */
  readonly heads: readonly number[];
  /** The close code, once it is closed. */
  readonly closed: () => number | undefined;
}

/** Subscribes to `newHeads` at `ws://…/rpc/<chain>`; settles once the subscription's id has come. */
export async function followHeads(
  url: string,
  cleanup: { after(end: () => void): void },
): Promise<HeadClient> {
  const socket = new WebSocket(url);
  cleanup.after(() => socket.terminate());
  const heads: number[] = [];
  let isSubscribed = false;
  let closeCode: number | undefined;
  socket.on('open', () =>
    socket.send('{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}'),
  );
  socket.on('error', () => {});
  socket.on('close', code => {
    closeCode = code;
  });
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as {
      id?: number;
      result?: string;
      params?: { result: { number: string } };
    };
    if (message.params !== undefined) heads.push(Number(message.params.result.number));
    else if (message.id === 1 && message.result !== undefined) isSubscribed = true;
  });
  await eventually(() => isSubscribed, 'subscribed to newHeads');
  return { socket, heads, closed: () => closeCode };
}

/** Where a sequence of heads skips, repeats or goes back; empty when it does not. */
export function seams(heads: readonly number[]): string[] {
  return heads.flatMap((head, index) =>
    index === 0 || head === heads[index - 1]! + 1 ? [] : [`${heads[index - 1]} → ${head}`],
  );
}
