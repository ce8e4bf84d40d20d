import type { Socket } from 'node:net';
import { bytesLeft, sleep, takeDegradation, write, writeDegraded, writeEndlessly } from './degraded-write.ts';
import type { ProviderContext } from './provider-context.ts';
import { opcode, serverFrame } from './web-socket-frame.ts';

const maxWaitingBytes = 64 * 1024 * 1024;

/** What a provider with faults sends on one WebSocket, in order; above 64 MiB that wait the connection is cut. */
export class WebSocketOutbox {
  readonly #client: Socket;
  readonly #context: ProviderContext;
  #items: { readonly due: number; readonly size: number; readonly run: () => Promise<void> }[] = [];
  #waitingBytes = 0;
  #lastDue = 0;
  #isRunning = false;

  constructor(client: Socket, context: ProviderContext) {
    this.#client = client;
    this.#context = context;
  }

  /** Whether everything has been handed to the socket. */
  get isEmpty(): boolean {
    return this.#items.length === 0 && !this.#isRunning;
  }

  /** Sends bytes as they are. */
  raw(bytes: Buffer): void {
    this.#add(0, bytes.length, () => write(this.#client, bytes));
  }

  /** Sends a text message the way the faults for these methods have it. */
  text(payload: Buffer, methods: readonly string[]): void {
    const { faults } = this.#context;
    const degradation = takeDegradation(faults, 'ws', methods);
    const huge = faults.take('huge', 'ws', methods);
    if (huge !== undefined) {
      this.#add(degradation.delayMs, 0, () => this.#sendEndlessly(huge));
      return;
    }
    const { truncate } = degradation;
    const keep = truncate === undefined ? payload.length : bytesLeft(truncate, payload.length);
    const frame = serverFrame(opcode.text, truncate?.style === 'body' ? payload.subarray(0, keep) : payload);
    const cutAt = frame.length - payload.length + keep;
    this.#add(degradation.delayMs, frame.length, () =>
      writeDegraded(this.#client, frame, degradation, cutAt, this.#context),
    );
  }

  #add(delayMs: number, size: number, run: () => Promise<void>): void {
    this.#lastDue = Math.max(this.#lastDue, this.#context.clock.now() + delayMs);
    this.#items.push({ due: this.#lastDue, size, run });
    this.#waitingBytes += size;
    if (this.#waitingBytes > maxWaitingBytes) this.#client.destroy();
    else if (!this.#isRunning) void this.#run();
  }

  async #run(): Promise<void> {
    const { clock, faults } = this.#context;
    this.#isRunning = true;
    for (
      let item = this.#items.shift();
      item !== undefined && !this.#client.destroyed;
      item = this.#items.shift()
    ) {
      const wait = item.due - clock.now();
      if (wait > 0) await sleep(clock, wait);
      while (faults.isFrozen('ws') && !this.#client.destroyed) await faults.changed(this.#client);
      await item.run();
      this.#waitingBytes -= item.size;
    }
    this.#isRunning = false;
  }

  async #sendEndlessly(
    huge: { readonly bytes: number } & Parameters<typeof writeEndlessly>[1],
  ): Promise<void> {
    const isAnnounced = huge.bytes > 0;
    const start = Buffer.from('{"jsonrpc":"2.0","id":1,"result":"0x');
    if (isAnnounced) await write(this.#client, announce(huge.bytes));
    else await write(this.#client, serverFrame(opcode.text, start, false));
    const block = (bytes: Buffer) => (isAnnounced ? bytes : serverFrame(opcode.continuation, bytes, false));
    await writeEndlessly(this.#client, huge, block, this.#context.faults);
    this.#client.destroy();
  }
}

function announce(length: number): Buffer {
  const header = Buffer.from([0x81, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
  header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}
