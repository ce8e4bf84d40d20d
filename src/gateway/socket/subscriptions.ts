import { createHash, randomBytes } from 'node:crypto';
import { TrunklineError } from '../../errors/trunkline-error.ts';
import type { FeedSink } from '../../feed/delivery/feed-sink.ts';
import { errorResponse } from '../../protocol/json-rpc/write.ts';
import type { CallAnswer, CallHandler, GatewayCall } from '../call.ts';
import { countsOnEach, type SubscribedEvents, subscribedEvents } from '../criteria/subscribed-events.ts';
import type { EventFeed } from '../event-feed.ts';
import { firstNumberParam, firstTextParam } from '../first-text-param.ts';
import { ownError, ownResult } from '../own-answer.ts';
import { HeldSubscriptions } from './held-subscriptions.ts';
import { notificationFormat } from './notification-format.ts';
import { relayStream } from './stream-relay.ts';

/** Parameters are brought into a canonical form, which costs time in proportion; a filter of 1,000 addresses fits. */
const maxParamsBytes = 65_536;
/** A client that comes back within this time finds everything gathered that came meanwhile. */
const keepMs = 5_000;
/** The reason of a close, which holds at most 123 bytes. */
const missedMessage = 'no provider carried a stream for a while: events may be missing, subscribe again';

/** What the subscriptions of one socket need of it. */
export interface SubscriptionSink {
  /** Where the feed writes events to. */
  readonly feedSink: FeedSink;
  /** Writes a notification that does not come from the feed. */
  send(message: Buffer): void;
  /** The events ended for good, or some are missing: the client has to know. */
  fail(message: string): void;
  /** More events wait for a reply than may: none is left out silently. */
  overflow(): void;
  /** Tells of one subscription more (+1) or less (-1), for the metric. */
  changed(chain: string, by: 1 | -1): void;
}

/**
 * The subscriptions of one client socket. Heads, logs and hashes of waiting transactions come from the event feed, so
 * that no provider's failure loses or repeats one; anything else comes over the chain's shared streams. Where events may be
 * missing that a client counts on and that nobody can tell any more, the socket is closed (1011), so that the client notices
 * and subscribes again; an account's state and a signature's fate are asked for instead. The reply with
 * the id always leaves before the first event. https://geth.ethereum.org/docs/interacting-with-geth/rpc/pubsub
 */
export class SocketSubscriptions {
  readonly #sink: SubscriptionSink;
  readonly #limit: number;
  readonly #feed: EventFeed;
  readonly #held: HeldSubscriptions;
  /** The last of the ids that are numbers: unique on this connection. */
  #lastNumber = 0;

  constructor(
    sink: SubscriptionSink,
    options: { /** `server.ws.max_subscriptions` */ readonly limit: number },
    feed: EventFeed,
  ) {
    this.#sink = sink;
    this.#limit = options.limit;
    this.#feed = feed;
    this.#held = new HeldSubscriptions((chain, by) => sink.changed(chain, by));
  }

  get size(): number {
    return this.#held.size;
  }

  readonly handle: CallHandler = (call, done) => {
    const action = call.chain.family.subscriptions.action(call.method);
    if (action === 'unsubscribe') done(this.#unsubscribe(call));
    else if (action === 'subscribe') this.#subscribe(call, done);
    else {
      const message = `${call.method} is not a subscription of this chain`;
      done(ownError(call.clientId, 'subscription_invalid', message));
    }
    return () => {};
  };

  /** The socket is gone: lets go of everything. */
  close(): void {
    this.#held.releaseAll();
  }

  #subscribe(call: GatewayCall, done: (answer: CallAnswer) => void): void {
    const refusal = this.#refusal(call);
    if (refusal !== undefined) {
      done(refusal);
      return;
    }
    const stream = call.chain.family.subscriptions.stream(call.method, call.params?.toString());
    if (stream === undefined) {
      const message = `the params of ${call.method} are an array`;
      done(ownError(call.clientId, 'subscription_invalid', message));
      return;
    }
    let events: SubscribedEvents | undefined;
    try {
      events = subscribedEvents(call.chain, stream);
    } catch (error) {
      done(refuse(call, error));
      return;
    }
    if (events === undefined) this.#overStream(call, stream, done);
    else this.#overFeed(call, stream, events, done);
  }

  #refusal(call: GatewayCall): CallAnswer | undefined {
    if (call.isNotification) {
      // Nobody would learn its id.
      return ownError(call.clientId, 'subscription_invalid', 'a subscription needs a request with an id');
    }
    if (this.#held.size >= this.#limit) {
      const message = `a connection holds at most ${this.#limit} subscriptions`;
      return ownError(call.clientId, 'subscription_limit', message);
    }
    if (call.params !== undefined && call.params.length > maxParamsBytes) {
      const message = `the parameters of a subscription hold at most ${maxParamsBytes} bytes`;
      return ownError(call.clientId, 'subscription_invalid', message);
    }
    if (call.chain.unavailable !== undefined)
      return ownError(call.clientId, 'subscription_unavailable', call.chain.unavailable);
    return undefined;
  }

  #overFeed(
    call: GatewayCall,
    stream: string,
    { selector, isGapless, showsResets }: SubscribedEvents,
    done: (answer: CallAnswer) => void,
  ): void {
    // Equal on all connections, so that one frame of an event serves all of them.
    const { id, held } = this.#held.holdDerived(selector.key, call.chain.name, ordinal =>
      derivedId(selector.key, ordinal),
    );
    this.#feed
      .subscribe(
        {
          selector,
          format: notificationFormat(id, call.chain.family.subscriptions.notification(stream, id)),
          from: { kind: 'latest' },
          strategy: 'catch_up',
          gaps: 'refuse',
          keepMs,
          onUnsaidGap: ({ reason, message }) => {
            const isShown = showsResets && reason === 'chain_reset';
            if (isGapless && !isShown && !held.isReleased) this.#sink.fail(message);
          },
        },
        this.#sink.feedSink,
      )
      .then(
        subscription => {
          held.endWith(() => subscription.end());
          if (held.isReleased) return;
          done({
            ...ownResult(call.clientId, `"${id}"`),
            afterSend: () => {
              if (!held.isReleased) subscription.begin();
            },
          });
        },
        (error: unknown) => {
          this.#held.release(id);
          done(refuse(call, error));
        },
      );
  }

  #overStream(call: GatewayCall, stream: string, done: (answer: CallAnswer) => void): void {
    const { hub, family } = call.chain;
    const { notification, idForm } = family.subscriptions;
    if (hub === undefined) {
      done(ownError(call.clientId, 'subscription_unavailable', 'streams are restarting'));
      return;
    }
    const id = idForm === 'hex' ? `0x${randomBytes(16).toString('hex')}` : String(++this.#lastNumber);
    const held = this.#held.hold(id, call.chain.name);
    const relay = relayStream(notification(stream, id), {
      isOpen: () => !held.isReleased,
      send: message => this.#sink.send(message),
      overflow: () => this.#sink.overflow(),
      onEnd: message => {
        this.#held.release(id);
        this.#sink.fail(message);
      },
      onGap: () => {
        if (countsOnEach(stream)) this.#sink.fail(missedMessage);
      },
      onComplete: () => {
        this.#held.release(id);
      },
    });
    hub.subscribe(stream, relay.subscriber).then(
      upstream => {
        held.endWith(() => upstream.cancel());
        if (held.isReleased) return;
        done({
          ...ownResult(call.clientId, idForm === 'hex' ? `"${id}"` : id),
          afterSend: () => relay.begin(),
        });
      },
      (error: unknown) => {
        this.#held.release(id);
        done(refuse(call, error));
      },
    );
  }

  #unsubscribe(call: GatewayCall): CallAnswer {
    const { idForm, unknownId } = call.chain.family.subscriptions;
    const id = idForm === 'hex' ? firstTextParam(call.params) : firstNumberParam(call.params);
    if (id === undefined || !this.#held.releaseMade(id))
      return ownError(call.clientId, 'subscription_not_found', unknownId);
    return ownResult(call.clientId, 'true');
  }
}

function derivedId(selectorKey: string, ordinal: number): string {
  return `0x${createHash('sha256').update(`${selectorKey}#${ordinal}`).digest('hex').slice(0, 32)}`;
}

function refuse(call: GatewayCall, error: unknown): CallAnswer {
  const code = error instanceof TrunklineError ? error.code : undefined;
  const message = error instanceof Error ? error.message : 'the subscription failed';
  if (code === 'criteria_invalid') return ownError(call.clientId, code, message);
  const isRefused = code === 'stream_refused';
  const isClients = isRefused || code === 'invalid_stream';
  const answer = isClients ? 'subscription_invalid' : 'subscription_unavailable';
  if (!isRefused) return ownError(call.clientId, answer, message);
  const { rpcCode } = (error as TrunklineError).details;
  const { refusalCode } = call.chain.family.subscriptions;
  const asTheyDid = refusalCode(typeof rpcCode === 'number' ? rpcCode : undefined);
  return {
    ...ownError(call.clientId, answer, message),
    body: errorResponse(call.clientId, asTheyDid, message, JSON.stringify({ code: answer })),
  };
}
