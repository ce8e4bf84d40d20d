import { WebSocket } from 'ws';

/** Follows the slots of a chain; @solana/web3.js would go on calling after the end of a run. */
export class SlotListener implements Disposable {
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** @param onSlot called once the slot's block is there */
  static async open(url: string, onSlot: (slot: number) => void): Promise<SlotListener> {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('open', () => socket.send('{"jsonrpc":"2.0","id":1,"method":"slotSubscribe"}'));
      socket.on('message', (data: Buffer) => {
        const { id, params } = JSON.parse(data.toString()) as {
          readonly id?: number;
          readonly params?: { readonly result: { readonly slot: number } };
        };
        if (id === 1) resolve();
        else if (params !== undefined) onSlot(params.result.slot);
      });
    });
    return new SlotListener(socket);
  }

  [Symbol.dispose](): void {
    this.#socket.terminate();
  }
}
