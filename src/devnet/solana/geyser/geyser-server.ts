import { Metadata, Server, ServerCredentials, status } from '@grpc/grpc-js';
import type { Clock, TimerHandle } from '../../../clock/clock.ts';
import { TrunklineError } from '../../../errors/trunkline-error.ts';
import { geyserMethods } from '../../../protocol/geyser/geyser-codec.ts';
import { secretCheck } from '../../../security/secret-check.ts';
import type { Log } from '../../../telemetry/log.ts';
import { devnetErrors } from '../../errors.ts';
import type { BankHistory } from '../bank/bank-events.ts';
import { GeyserStream, type SubscribeCall } from './geyser-stream.ts';
import { SlotJournal } from './slot-journal.ts';
import { unaryAnswers } from './unary-answers.ts';

export interface GeyserServerOptions {
  readonly bank: BankHistory;
  /** Loopback port; 0 takes a free one. @default 0 */
  readonly port?: number;
  /** What clients have to send as `x-token`. @default none is asked for */
  readonly token?: string;
  /** Streams at a time; more are refused. @default 100 */
  readonly maxStreams?: number;
  /** Slots that a stream can start in the past; those that are not finalized are kept in any case. @default 1000 */
  readonly replaySlots?: number;
  /** Bytes of those slots, roughly. @default 64 MiB */
  readonly maxReplayBytes?: number;
  /** Messages that wait for one client; it is cut off when there are more. @default 10000 */
  readonly maxQueued?: number;
  /** Bytes of those. @default 64 MiB */
  readonly maxQueuedBytes?: number;
  /** Milliseconds between pings to each client. @default 10000 */
  readonly pingIntervalMs?: number;
}

const host = '127.0.0.1';
const mebibyte = 1024 * 1024;

/**
 * A Geyser gRPC server over a bank, as Yellowstone's plugin is one over a validator
 * (https://github.com/rpcpool/yellowstone-grpc), without entries.
 */
export class GeyserServer {
  readonly #options: Required<Omit<GeyserServerOptions, 'token'>>;
  readonly #deps: { readonly clock: Clock; readonly log: Log };
  readonly #journal: SlotJournal;
  readonly #streams = new Set<GeyserStream>();
  readonly #isAllowed: (metadata: Metadata) => boolean;
  #server: Server | undefined;
  #unlisten: (() => void) | undefined;
  #pings: TimerHandle | undefined;
  #port: number;

  /** Gathers what happens in the bank from now on. */
  constructor(options: GeyserServerOptions, deps: { readonly clock: Clock; readonly log: Log }) {
    this.#options = {
      port: 0,
      maxStreams: 100,
      replaySlots: 1_000,
      maxReplayBytes: 64 * mebibyte,
      maxQueued: 10_000,
      maxQueuedBytes: 64 * mebibyte,
      pingIntervalMs: 10_000,
      ...options,
    };
    this.#deps = deps;
    this.#port = this.#options.port;
    const { token, bank } = options;
    const isToken = token === undefined ? () => true : secretCheck(token);
    this.#isAllowed = metadata => isToken(Buffer.from(String(metadata.get('x-token')[0] ?? '')));
    const first = bank.openSlot <= 1 ? 0 : bank.openSlot + 1;
    const { replaySlots, maxReplayBytes } = this.#options;
    this.#journal = new SlotJournal(first, { slots: replaySlots, bytes: maxReplayBytes });
    this.#unlisten = this.#listen(bank);
  }

  /** The port, from `start()` on. */
  get port(): number {
    return this.#port;
  }

  /** Streams that are open. */
  get streamCount(): number {
    return this.#streams.size;
  }

  /**
   * Listens.
   *
   * @throws TrunklineError `devnet_port_taken`
   */
  async start(): Promise<void> {
    const server = new Server({
      'grpc.max_send_message_length': -1,
      'grpc.max_receive_message_length': 4 * mebibyte,
    });
    this.#addMethods(server);
    this.#port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`${host}:${this.#options.port}`, ServerCredentials.createInsecure(), (cause, port) => {
        if (cause === null) return resolve(port);
        const message = `the Geyser server cannot listen on ${host}:${this.#options.port}`;
        reject(new TrunklineError(devnetErrors, 'devnet_port_taken', message, { cause }));
      });
    });
    this.#server = server;
    const ping = () => {
      for (const stream of this.#streams) stream.ping();
    };
    this.#pings = this.#deps.clock.setInterval(ping, this.#options.pingIntervalMs);
  }

  /** Cuts every stream and stops listening. */
  stop(): void {
    this.#deps.clock.clearInterval(this.#pings);
    this.#unlisten?.();
    this.#unlisten = undefined;
    for (const stream of this.#streams) stream.close();
    this.#server?.forceShutdown();
    this.#server = undefined;
  }

  #listen(bank: BankHistory): () => void {
    const each = (tell: (stream: GeyserStream) => void) => {
      for (const stream of [...this.#streams]) tell(stream);
    };
    return bank.listen({
      onTransaction: transaction => {
        this.#journal.addTransaction(transaction);
        each(stream => stream.onTransaction(transaction));
      },
      onBlock: block => {
        const record = this.#journal.addBlock(block);
        each(stream => stream.onBlock(record));
      },
      onSlot: update => {
        const record = this.#journal.addUpdate(update);
        each(stream => stream.onUpdate(record, update));
      },
    });
  }

  #addMethods(server: Server): void {
    const { subscribe, ...unary } = geyserMethods;
    // Streams hand over bytes.
    const definition = { ...subscribe, responseSerialize: (bytes: Buffer) => bytes };
    server.addService(
      { subscribe: definition },
      { subscribe: (call: SubscribeCall) => this.#subscribe(call) },
    );
    const answers = unaryAnswers(this.#options.bank, this.#journal);
    for (const name of Object.keys(unary) as (keyof typeof unary)[]) {
      const answer = answers[name] as (request: object) => object;
      server.addService(
        { [name]: geyserMethods[name] },
        {
          [name]: (
            call: { metadata: Metadata; request: object },
            done: (error: object | null, value?: object) => void,
          ) => {
            if (!this.#isAllowed(call.metadata)) return done(unauthenticated);
            try {
              done(null, answer(call.request));
            } catch (error) {
              done({
                code: status.INTERNAL,
                details: error instanceof Error ? error.message : 'internal error',
              });
            }
          },
        },
      );
    }
  }

  #subscribe(call: SubscribeCall): void {
    call.on('error', () => {});
    if (!this.#isAllowed(call.metadata)) return void call.emit('error', unauthenticated);
    if (this.#streams.size >= this.#options.maxStreams) {
      const details = `too many streams: at most ${this.#options.maxStreams} at a time`;
      return void call.emit('error', { code: status.RESOURCE_EXHAUSTED, details });
    }
    // Clients wait for the headers before they take the stream for open.
    call.sendMetadata(new Metadata());
    const { maxQueued, maxQueuedBytes } = this.#options;
    const stream = new GeyserStream(call, this.#journal, { messages: maxQueued, bytes: maxQueuedBytes });
    this.#streams.add(stream);
    const forget = () => {
      stream.close();
      this.#streams.delete(stream);
    };
    call.on('data', (request: Parameters<GeyserStream['onRequest']>[0]) => stream.onRequest(request));
    call.on('end', () => {
      forget();
      call.end();
    });
    call.on('error', forget);
    call.on('cancelled', forget);
    call.on('close', forget);
  }
}

const unauthenticated = { code: status.UNAUTHENTICATED, details: 'No valid auth token' };
