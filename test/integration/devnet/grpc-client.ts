import type { TestContext } from 'node:test';
import { Client, type ClientDuplexStream, credentials, Metadata, status } from '@grpc/grpc-js';
import { Transaction } from '@solana/web3.js';
import { systemClock } from '../../../src/clock/system-clock.ts';
import { GrpcFaultProxy } from '../../../src/devnet/grpc-fault-proxy.ts';
import { Bank } from '../../../src/devnet/solana/bank/bank.ts';
import { decodeTransaction } from '../../../src/devnet/solana/bank/decode-transaction.ts';
import { eventProgramElf, eventProgramId } from '../../../src/devnet/solana/event-program/event-program.ts';
import { GeyserServer, type GeyserServerOptions } from '../../../src/devnet/solana/geyser/geyser-server.ts';
import { devnetKeypair } from '../../../src/devnet/solana/well-known.ts';
import { geyserMethods, subscribeUpdateCodec } from '../../../src/protocol/geyser/geyser-codec.ts';
import type {
  SubscribeRequest,
  SubscribeUpdate,
  Written,
} from '../../../src/protocol/geyser/geyser-messages.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { emitInstruction } from '../../support/event-program-instructions.ts';
import { eventually } from '../../support/eventually.ts';

const bytes = (message: Buffer) => message;

/** A stream of a client, with what it received and how it ended. */
export class ClientStream {
  readonly updates: SubscribeUpdate[] = [];
  /** Messages that could not be read. */
  malformed = 0;
  /** The name of the status; undefined: it is open. */
  code: string | undefined;
  details: string | undefined;
  readonly #stream: ClientDuplexStream<Buffer, Buffer>;
  #pings = 0;

  constructor(stream: ClientDuplexStream<Buffer, Buffer>) {
    this.#stream = stream;
    stream.on('data', (message: Buffer) => {
      try {
        this.updates.push(subscribeUpdateCodec.deserialize(message));
      } catch {
        this.malformed++;
      }
    });
    stream.on('error', () => {});
    stream.on('status', ({ code, details }) => {
      this.code = status[code];
      this.details = details;
    });
  }

  send(request: Written<SubscribeRequest>): void {
    this.#stream.write(geyserMethods.subscribe.requestSerialize(request));
  }

  /** Waits for the answer to a ping: what was sent before it has been taken. */
  async pong(): Promise<void> {
    const id = ++this.#pings;
    this.send({ ping: { id } });
    await this.until(() => this.code !== undefined || this.updates.some(({ pong }) => pong?.id === id));
  }

  async until(check: (stream: ClientStream) => boolean): Promise<void> {
    await eventually(() => check(this), 'updates of a stream');
  }

  async ended(): Promise<void> {
    await this.until(() => this.code !== undefined);
  }

  sendBytes(bytes: Buffer): void {
    this.#stream.write(bytes);
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  cancel(): void {
    this.#stream.cancel();
  }
}

/** The signatures of the transactions that came. */
export function transactionsOf({ updates }: ClientStream): string[] {
  return updates.flatMap(({ transaction }) => {
    const signature = transaction?.transaction?.signature;
    return signature === undefined ? [] : [Buffer.from(signature).toString('hex')];
  });
}

/** A bank, the Geyser server over it, a simulated provider in front, and a client of that. */
export class GeyserFaultBench {
  readonly bank: Bank;
  readonly proxy: GrpcFaultProxy;
  readonly server: GeyserServer;
  readonly #clients: Client[] = [];
  #direct: ClientStream | undefined;

  private constructor(bank: Bank, server: GeyserServer, proxy: GrpcFaultProxy) {
    this.bank = bank;
    this.server = server;
    this.proxy = proxy;
  }

  static async start(t: TestContext, options: Partial<GeyserServerOptions> = {}): Promise<GeyserFaultBench> {
    const deps = { clock: systemClock, log: silentLog };
    const programs = [{ id: eventProgramId, elf: eventProgramElf() }];
    const bank = new Bank({ chain: 'faults', programs }, deps);
    const server = new GeyserServer({ bank, token: 'inner', ...options }, deps);
    await server.start();
    const upstreamUrl = `http://127.0.0.1:${server.port}`;
    const proxy = new GrpcFaultProxy(
      { id: 'node-1', upstreamUrl, upstreamToken: 'inner', token: 'outer' },
      deps,
    );
    await proxy.start();
    const bench = new GeyserFaultBench(bank, server, proxy);
    t.after(async () => {
      for (const client of bench.#clients) client.close();
      await proxy.stop();
      server.stop();
    });
    return bench;
  }

  /** Opens a stream through the provider; settles once the request was taken or the stream has ended. */
  async subscribe(request: Written<SubscribeRequest>, token = 'outer'): Promise<ClientStream> {
    const stream = this.#open(this.proxy.port, token);
    stream.send(request);
    await stream.pong();
    return stream;
  }

  /** Opens a stream of the chain's own server. */
  async subscribeDirectly(request: Written<SubscribeRequest>): Promise<ClientStream> {
    const stream = this.#open(this.server.port, 'inner');
    stream.send(request);
    await stream.pong();
    return stream;
  }

  /** Waits until the chain's own server has told a stream without a proxy all that happened so far. */
  async relayed(): Promise<void> {
    this.#direct ??= this.#open(this.server.port, 'inner');
    await this.#direct.pong();
    await this.#direct.pong();
  }

  /** Executes an event; returns its signature. */
  emit(text: string): string {
    const payer = devnetKeypair(0);
    const { blockhash } = this.bank.blockAt('processed');
    const transaction = new Transaction({ feePayer: payer.publicKey, recentBlockhash: blockhash });
    transaction.add(emitInstruction(Buffer.from(text))).sign(payer);
    const decoded = decodeTransaction(transaction.serialize());
    if (typeof decoded === 'string') throw new Error(decoded);
    this.bank.submit(decoded);
    return Buffer.from(decoded.signatures[0]!).toString('hex');
  }

  async slot(): Promise<number> {
    return Number((await this.#call('getSlot')).slot);
  }

  async firstAvailable(): Promise<number> {
    return Number((await this.#call('subscribeReplayInfo')).firstAvailable);
  }

  #call<Name extends 'getSlot' | 'subscribeReplayInfo'>(name: Name) {
    const method = geyserMethods[name];
    type Answer = ReturnType<(typeof geyserMethods)[Name]['responseDeserialize']>;
    return new Promise<Answer>((resolve, reject) => {
      this.#client(this.proxy.port).makeUnaryRequest(
        method.path,
        bytes,
        method.responseDeserialize as (message: Buffer) => Answer,
        Buffer.alloc(0),
        metadataOf('outer'),
        (error, answer) => (error === null && answer !== undefined ? resolve(answer) : reject(error)),
      );
    });
  }

  #open(port: number, token: string): ClientStream {
    const { path } = geyserMethods.subscribe;
    return new ClientStream(this.#client(port).makeBidiStreamRequest(path, bytes, bytes, metadataOf(token)));
  }

  #client(port: number): Client {
    const options = { 'grpc.use_local_subchannel_pool': 1, 'grpc.initial_reconnect_backoff_ms': 100 };
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), options);
    this.#clients.push(client);
    return client;
  }
}

function metadataOf(token: string): Metadata {
  const metadata = new Metadata();
  metadata.set('x-token', token);
  return metadata;
}
