import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { geyserMethods } from '../../src/protocol/geyser/geyser-codec.ts';
import type {
  ReplayInfo,
  SubscribeRequest,
  SubscribeUpdate,
  Written,
} from '../../src/protocol/geyser/geyser-messages.ts';

/** A message, or bytes that are sent as they are. */
type Sent = Written<SubscribeUpdate> | Buffer;

/** One stream that a client opened. */
export class GeyserClientStream {
  readonly requests: SubscribeRequest[] = [];
  readonly token: string | undefined;
  isOpen = true;
  isMute = false;
  readonly #call: ServerDuplexStream<SubscribeRequest, Sent>;

  constructor(call: ServerDuplexStream<SubscribeRequest, Sent>) {
    this.#call = call;
    this.token = call.metadata.get('x-token')[0]?.toString();
  }

  /** The first slot that the client asked for; undefined: from now. */
  get fromSlot(): number | undefined {
    const from = this.requests[0]?.fromSlot;
    return typeof from === 'number' ? from : undefined;
  }

  /** Requests that changed filters, the first one included. */
  get filters(): readonly SubscribeRequest[] {
    return this.requests.filter(({ ping }) => !ping);
  }

  get pings(): number {
    return this.requests.length - this.filters.length;
  }

  /** Bytes that are not yet taken by the client. */
  get unsent(): number {
    return this.#call.writableLength;
  }

  /** Says nothing any more, not even to pings. */
  mute(): void {
    this.isMute = true;
  }

  send(...messages: readonly Sent[]): void {
    if (this.isMute) return;
    for (const message of messages) this.#call.write(message);
  }

  /** Ends the stream with a status. */
  fail(code: status, details = ''): void {
    this.isOpen = false;
    this.#call.emit('error', { code, details });
  }
}

/** A Geyser server that does what a test tells it to. */
export class ScriptedGeyser {
  readonly streams: GeyserClientStream[] = [];
  /** Takes each stream once its first request has come. */
  onStream: (stream: GeyserClientStream) => void = () => {};
  /** Whether streams are answered at all. */
  isSilent = false;
  replayFrom: number | undefined;
  #server = new Server();
  #port = 0;

  get port(): number {
    return this.#port;
  }

  /** The newest stream. */
  get last(): GeyserClientStream {
    return this.streams.at(-1)!;
  }

  async start(): Promise<this> {
    const { subscribe, subscribeReplayInfo } = geyserMethods;
    this.#server = new Server();
    this.#server.addService(
      {
        Subscribe: {
          ...subscribe,
          responseSerialize: (message: Sent) =>
            Buffer.isBuffer(message) ? message : subscribe.responseSerialize(message),
        },
        SubscribeReplayInfo: subscribeReplayInfo,
      },
      {
        Subscribe: (call: ServerDuplexStream<SubscribeRequest, Sent>) => this.#accept(call),
        SubscribeReplayInfo: (_call: unknown, done: sendUnaryData<ReplayInfo>) =>
          this.replayFrom === undefined
            ? done({ code: status.UNIMPLEMENTED })
            : done(null, { firstAvailable: this.replayFrom }),
      },
    );
    this.#port = await new Promise<number>((resolve, reject) => {
      const bound = (error: Error | null, port: number) => (error ? reject(error) : resolve(port));
      this.#server.bindAsync(`127.0.0.1:${this.#port}`, ServerCredentials.createInsecure(), bound);
    });
    return this;
  }

  /** Cuts all connections and stops listening; `start` listens on the same port again. */
  stop(): void {
    this.#server.forceShutdown();
  }

  #accept(call: ServerDuplexStream<SubscribeRequest, Sent>): void {
    const stream = new GeyserClientStream(call);
    this.streams.push(stream);
    call.on('error', () => {});
    call.on('cancelled', () => {
      stream.isOpen = false;
    });
    if (this.isSilent) return;
    call.sendMetadata(call.metadata.clone());
    call.on('data', (request: SubscribeRequest) => {
      stream.requests.push(request);
      if (request.ping) stream.send({ pong: { id: request.ping.id } });
      else if (stream.filters.length === 1) this.onStream(stream);
    });
  }
}
