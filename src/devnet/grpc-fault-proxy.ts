import {
  Client,
  credentials,
  type Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  status,
} from '@grpc/grpc-js';
import type { Clock } from '../clock/clock.ts';
import { geyserMethods } from '../protocol/geyser/geyser-codec.ts';
import { secretCheck } from '../security/secret-check.ts';
import type { Log } from '../telemetry/log.ts';
import type { FaultKind } from './fault-kinds.ts';
import { type GivenFaultOptions, parseFaultKind, parseFaultOptions } from './fault-options.ts';
import { faultRoutes } from './fault-routes.ts';
import { type ActiveFault, FaultSet } from './fault-set.ts';
import type { GrpcContext } from './grpc/grpc-context.ts';
import { StreamRelay } from './grpc/stream-relay.ts';
import { TcpRelay } from './grpc/tcp-relay.ts';
import { relayUnary } from './grpc/unary-relay.ts';

export interface GrpcFaultProxyOptions {
  /** That of the simulated provider. */
  readonly id: string;
  /** Address of the chain's own Geyser server, `http://127.0.0.1:<port>`. */
  readonly upstreamUrl: string;
  /** What that server wants as `x-token`. @default nothing */
  readonly upstreamToken?: string;
  /** What clients of this provider have to send as `x-token`. @default nothing */
  readonly token?: string;
  /** Loopback port. @default a free one, and the same one after each `heal` */
  readonly port?: number;
}

/** What a simulated provider has seen on gRPC since it started. */
export interface GrpcCounters {
  readonly connections: number;
  readonly openConnections: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Streams that were asked for. */
  readonly streams: number;
  readonly openStreams: number;
}

const host = '127.0.0.1';

/**
 * The Geyser side of a simulated provider: gRPC with a token of its own in front of the chain's server, with faults on
 * demand that apply to what is open too. A TCP relay carries out those of the network, behind it a relay of messages
 * those of a server.
 */
export class GrpcFaultProxy {
  readonly id: string;
  readonly token: string | undefined;
  readonly #log: Log;
  readonly #faults: FaultSet;
  readonly #context: GrpcContext;
  readonly #tcp: TcpRelay;
  readonly #streams = new Set<StreamRelay>();
  readonly #isAllowed: (metadata: Metadata) => boolean;
  #server: Server | undefined;
  #innerPort = 0;
  #opened = 0;

  constructor(options: GrpcFaultProxyOptions, deps: { readonly clock: Clock; readonly log: Log }) {
    this.id = options.id;
    this.token = options.token;
    this.#log = deps.log.child({ provider: options.id });
    const faults = new FaultSet(() => this.#onFaultsChanged());
    this.#faults = faults;
    const isToken = options.token === undefined ? () => true : secretCheck(options.token);
    this.#isAllowed = metadata => isToken(Buffer.from(String(metadata.get('x-token')[0] ?? '')));
    this.#tcp = new TcpRelay(
      {
        isFrozen: () => faults.isFrozen('grpc'),
        resetsNew: () =>
          faults.get('reset')?.stage === 'connect' && faults.take('reset', 'grpc', []) !== undefined,
        delayMs: () => {
          const delay = faults.take('delay', 'grpc', []);
          if (delay === undefined) return 0;
          return Math.max(0, delay.ms + (Math.random() * 2 - 1) * delay.jitter);
        },
      },
      deps.clock,
      options.port,
    );
    this.#context = {
      clock: deps.clock,
      faults,
      upstreamToken: options.upstreamToken,
      client: new Client(options.upstreamUrl.replace('http://', ''), credentials.createInsecure(), {
        'grpc.max_receive_message_length': -1,
        'grpc.max_send_message_length': -1,
        'grpc.use_local_subchannel_pool': 1,
        'grpc.initial_reconnect_backoff_ms': 100,
        'grpc.max_reconnect_backoff_ms': 500,
      }),
      reset: peerPort => this.#tcp.reset(peerPort),
    };
  }

  /** The port, from `start()` on; it stays the same until `stop()`, killed or not. */
  get port(): number {
    return this.#tcp.port;
  }

  /** Address of Geyser gRPC; it holds no key. */
  get geyserUrl(): string {
    return `http://${host}:${this.port}`;
  }

  get isListening(): boolean {
    return this.#tcp.isListening;
  }

  /** The faults that it has at the moment. */
  get faults(): readonly ActiveFault[] {
    return this.#faults.list();
  }

  /**
   * Listens.
   *
   * @throws TrunklineError `devnet_port_taken`
   */
  async start(): Promise<void> {
    const server = new Server({ 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 });
    this.#addMethods(server);
    this.#innerPort = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`${host}:0`, ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      );
    });
    this.#server = server;
    await this.#tcp.listen(this.#innerPort);
  }

  /** Cuts every connection and stops listening. */
  async stop(): Promise<void> {
    await this.#tcp.close();
    this.#server?.forceShutdown();
    this.#server = undefined;
    for (const { kind } of this.faults) this.#faults.clear(kind);
    this.#context.client.close();
  }

  /**
   * Gives the provider a fault, on top of those that it has; the same kind again replaces it. A fault that does not
   * reach gRPC changes nothing.
   *
   * @throws TrunklineError `devnet_fault_unknown`, `devnet_fault_option_invalid`
   */
  async fault(kind: string, options: GivenFaultOptions = {}): Promise<void> {
    const parsed = parseFaultKind(kind);
    const values = parseFaultOptions(parsed, options);
    const transport = 'transport' in values ? String(values.transport) : 'any';
    if (!faultRoutes(parsed, transport).grpc) return;
    this.#log.info('fault set', { fault: parsed, options: values });
    if (parsed === 'drop-grpc') this.#tcp.cut();
    if (parsed === 'drop-grpc' && 'once' in values && values.once) return;
    this.#faults.set(parsed, values);
    if (parsed === 'kill' || parsed === 'drop-grpc') await this.#tcp.close();
    if ('stage' in values && values.stage === 'connect') this.#tcp.reset();
  }

  /**
   * Ends one fault, or all; a killed provider listens again on its port.
   *
   * @throws TrunklineError `devnet_port_taken` when another process has taken the port meanwhile
   */
  async heal(kind?: FaultKind): Promise<void> {
    const healed = kind === undefined ? this.faults.map(fault => fault.kind) : [kind];
    const closing = (['kill', 'drop-grpc'] as const).filter(each => this.#faults.get(each) !== undefined);
    const opens = closing.length > 0 && closing.every(each => healed.includes(each));
    // First the port: as long as that fails, the provider is still killed.
    if (opens) await this.#tcp.listen(this.#innerPort);
    for (const each of healed) this.#faults.clear(each);
    this.#log.info('fault healed', { faults: healed });
  }

  counters(): GrpcCounters {
    return { ...this.#tcp.counters, streams: this.#opened, openStreams: this.#streams.size };
  }

  #addMethods(server: Server): void {
    const bytes = (message: Buffer) => message;
    const { subscribe, ...unary } = geyserMethods;
    const asBytes = (method: {
      readonly path: string;
      readonly requestStream: boolean;
      readonly responseStream: boolean;
    }) => ({
      path: method.path,
      requestStream: method.requestStream,
      responseStream: method.responseStream,
      requestSerialize: bytes,
      requestDeserialize: bytes,
      responseSerialize: bytes,
      responseDeserialize: bytes,
    });
    server.addService(
      { subscribe: asBytes(subscribe) },
      { subscribe: (call: ServerDuplexStream<Buffer, Buffer>) => this.#subscribe(call) },
    );
    for (const [name, method] of Object.entries(unary)) {
      const handler = relayUnary(name as keyof typeof unary, this.#context, this.#isAllowed);
      server.addService({ [name]: asBytes(method) }, { [name]: handler });
    }
  }

  #subscribe(call: ServerDuplexStream<Buffer, Buffer>): void {
    this.#opened++;
    if (!this.#isAllowed(call.metadata)) {
      call.on('error', () => {});
      call.emit('error', { code: status.UNAUTHENTICATED, details: 'No valid auth token' });
      return;
    }
    const relay = StreamRelay.open(call, this.#context, () => {
      if (relay !== undefined) this.#streams.delete(relay);
    });
    if (relay !== undefined) this.#streams.add(relay);
  }

  #onFaultsChanged(): void {
    this.#tcp.update();
    for (const stream of [...this.#streams]) stream.update();
  }
}
