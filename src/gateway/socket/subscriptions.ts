import { randomBytes } from 'node:crypto';
import type { StreamSubscriber, Subscription } from '../../aggregation/stream-hub.ts';
import { TrunklineError } from '../../errors/trunkline-error.ts';
import { resultResponse } from '../../protocol/json-rpc/write.ts';
import type { CallAnswer, GatewayCall } from '../call.ts';
import { ownError } from '../own-answer.ts';

/** Events of one subscription that may wait for its reply, which in a batch waits for the slowest call. */
const maxEarlyEvents = 1_024;
/** Parameters are brought into a canonical form, which costs time in proportion; a filter of 1,000 addresses fits. */
const maxParamsBytes = 65_536;

interface Held {
  upstream: Subscription | undefined;
  isCancelled: boolean;
  readonly chain: string;
}

/** What the subscriptions of one socket need of it. */
export interface SubscriptionSink {
  /** Writes a notification. */
  send(frame: Buffer): void;
  /** The stream ended for good: the client has to know. */
  fail(message: string): void;
  /** More events wait for a reply than may: none is left out silently. */
  overflow(): void;
  /** Tells of one subscription more (+1) or less (-1), for the metric. */
  changed(chain: string, by: 1 | -1): void;
}

/**
 * The subscriptions of one client socket: virtual ids over the chain's shared streams. The reply with the id always
 * leaves before the first event. https://geth.ethereum.org/docs/interacting-with-geth/rpc/pubsub
 */
export class SocketSubscriptions {
  readonly #sink: SubscriptionSink;
  readonly #limit: number;
  readonly #held = new Map<string, Held>();

  constructor(
    sink: SubscriptionSink,
    options: { /** `server.ws.max_subscriptions` */ readonly limit: number },
  ) {
    this.#sink = sink;
    this.#limit = options.limit;
  }

  get size(): number {
    return this.#held.size;
  }

  handle(call: GatewayCall, done: (answer: CallAnswer) => void): void {
    if (call.method === 'eth_unsubscribe') done(this.#unsubscribe(call));
    else if (call.method === 'eth_subscribe') this.#subscribe(call, done);
    else
      done(
        ownError(call.clientId, 'subscription_invalid', `${call.method} is not a subscription of this chain`),
      );
  }

  /** The socket is gone: lets go of everything. */
  close(): void {
    for (const id of [...this.#held.keys()]) this.#release(id);
  }

  #subscribe(call: GatewayCall, done: (answer: CallAnswer) => void): void {
    if (this.#held.size >= this.#limit) {
      done(
        ownError(
          call.clientId,
          'subscription_limit',
          `a connection holds at most ${this.#limit} subscriptions`,
        ),
      );
      return;
    }
    if (call.params !== undefined && call.params.length > maxParamsBytes) {
      const message = `the parameters of a subscription hold at most ${maxParamsBytes} bytes`;
      done(ownError(call.clientId, 'subscription_invalid', message));
      return;
    }
    const { hub } = call.chain;
    if (hub === undefined) {
      done(
        ownError(
          call.clientId,
          'subscription_unavailable',
          call.chain.unavailable ?? 'streams are restarting',
        ),
      );
      return;
    }
    const id = `0x${randomBytes(16).toString('hex')}`;
    const held: Held = { upstream: undefined, isCancelled: false, chain: call.chain.name };
    this.#held.set(id, held);
    this.#sink.changed(held.chain, 1);
    const prefix = Buffer.from(
      `{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"${id}","result":`,
    );
    let early: Buffer[] | undefined = [];
    const subscriber: StreamSubscriber = {
      onEvent: result => {
        if (held.isCancelled) return;
        const frame = Buffer.concat([prefix, result, suffix]);
        if (early === undefined) this.#sink.send(frame);
        else if (early.push(frame) > maxEarlyEvents) this.#sink.overflow();
      },
      onEnd: message => {
        if (held.isCancelled) return;
        this.#release(id);
        this.#sink.fail(message);
      },
    };
    hub.subscribe(call.params?.toString() ?? '[]', subscriber).then(
      upstream => {
        if (held.isCancelled) {
          upstream.cancel();
          return;
        }
        held.upstream = upstream;
        done({
          ...answered(resultResponse(call.clientId, Buffer.from(`"${id}"`))),
          afterSend: () => {
            const waiting = early ?? [];
            early = undefined;
            for (const frame of waiting) this.#sink.send(frame);
          },
        });
      },
      (error: unknown) => {
        this.#release(id);
        done(refusal(call, error));
      },
    );
  }

  #unsubscribe(call: GatewayCall): CallAnswer {
    const id = firstParam(call.params);
    if (id === undefined || !this.#held.has(id)) {
      return ownError(call.clientId, 'subscription_not_found', 'subscription not found');
    }
    this.#release(id);
    return answered(resultResponse(call.clientId, Buffer.from('true')));
  }

  #release(id: string): void {
    const held = this.#held.get(id);
    if (held === undefined) return;
    this.#held.delete(id);
    held.isCancelled = true;
    held.upstream?.cancel();
    this.#sink.changed(held.chain, -1);
  }
}

const suffix = Buffer.from('}}');

function answered(body: Buffer): CallAnswer {
  return { body, provider: undefined, attempts: 0, asked: [], status: 200, outcome: 'answered' };
}

function refusal(call: GatewayCall, error: unknown): CallAnswer {
  const code = error instanceof TrunklineError ? error.code : undefined;
  const message = error instanceof Error ? error.message : 'the subscription failed';
  const isClients = code === 'invalid_stream' || code === 'stream_refused';
  return ownError(call.clientId, isClients ? 'subscription_invalid' : 'subscription_unavailable', message);
}

function firstParam(params: Buffer | undefined): string | undefined {
  if (params === undefined || params.length > 1_024) return undefined;
  const value: unknown = JSON.parse(params.toString());
  return Array.isArray(value) && typeof value[0] === 'string' ? value[0] : undefined;
}
