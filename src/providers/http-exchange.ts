import type { IncomingHttpHeaders } from 'node:http';
import type { Client, Dispatcher } from 'undici';
import { Deadline } from '../clock/deadline-wheel.ts';
import type { ProviderErrorCode } from './errors.ts';
import { errorCodeOf } from './http-errors.ts';
import type { InFlightItem } from './in-flight.ts';

/** Who waits for one HTTP exchange; exactly one of the two is called, never after `cancel()`, never inside `send()`. */
export interface HttpReceiver {
  /** The request may be repeated elsewhere, so it may be failed early when the provider hangs. */
  readonly isRepeatable: boolean;
  /** The whole response arrived. `headers` are lower-cased. */
  onHttpAnswer(status: number, headers: IncomingHttpHeaders, body: Buffer): void;
  /** There is no whole response. `sent`: a byte of the request may have reached the provider. */
  onHttpFailure(code: ProviderErrorCode, sent: boolean): void;
}

/** What an exchange needs from the transport that runs it. */
export interface ExchangeOwner {
  readonly maxResponseBytes: number;
  /** Bytes of an answer began to arrive. */
  onSignOfLife(): void;
  /** The exchange is over for its receiver; it may still hold its connection until `release`. */
  onSettled(exchange: HttpExchange): void;
  /** The connection is free again. `isSound`: it can carry another request at once. */
  release(client: Client, isSound: boolean): void;
}

const EMPTY = Buffer.alloc(0);

/** The reason of our own aborts; one object, so that giving up costs no stack trace. */
const givenUp = new Error('given up');

/** One POST and its response: undici's handler, the deadline's entry and the body's collector in one object. */
export class HttpExchange extends Deadline implements Dispatcher.DispatchHandler, InFlightItem {
  position = -1;
  readonly payload: Buffer;
  /** Whether a byte of the request may have left. */
  sent = false;
  readonly #owner: ExchangeOwner;
  readonly #receiver: HttpReceiver;
  #client: Client | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #isSettled = false;
  #isDelivered = false;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #first: Buffer | undefined;
  #rest: Buffer[] | undefined;

  constructor(owner: ExchangeOwner, receiver: HttpReceiver, payload: Buffer) {
    super();
    this.#owner = owner;
    this.#receiver = receiver;
    this.payload = payload;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Takes a connection; dispatching follows at once. */
  assign(client: Client): void {
    this.#client = client;
  }

  get isRepeatable(): boolean {
    return this.#receiver.isRepeatable;
  }

  /** Gives up without telling the receiver. Returns false when it was over already. */
  cancel(): boolean {
    if (this.#isSettled) return false;
    this.#settle();
    this.#abort();
    return true;
  }

  /** Ends the exchange and tells the receiver. */
  fail(code: ProviderErrorCode): void {
    if (this.#isSettled) return;
    this.#settle();
    this.#abort();
    this.#receiver.onHttpFailure(code, this.sent);
  }

  override onDeadline(): void {
    this.fail('attempt_timeout');
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // undici cannot take back a request that waits for its connection: it is stopped here, before its first byte.
    if (this.#isSettled) {
      controller.abort(givenUp);
      return;
    }
    this.sent = true;
    this.#controller = controller;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status < 200) return;
    this.#owner.onSignOfLife();
    this.#status = status;
    this.#headers = headers;
    const length = headers['content-length'];
    if (length !== undefined && Number(length) > this.#owner.maxResponseBytes) {
      this.#controller = controller;
      this.fail('response_too_large');
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    // undici hands out views into the socket's own chunk, so a body of one chunk is passed on without a copy.
    if (this.#first === undefined) this.#first = chunk;
    else if (this.#rest === undefined) this.#rest = [this.#first, chunk];
    else this.#rest.push(chunk);
  }

  onResponseEnd(): void {
    const body = this.#rest === undefined ? (this.#first ?? EMPTY) : Buffer.concat(this.#rest);
    this.#release(true);
    if (this.#isSettled) return;
    this.#settle();
    this.#isDelivered = true;
    this.#receiver.onHttpAnswer(this.#status, this.#headers, body);
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#release(false);
    if (this.#isDelivered) {
      // undici turns a throw of the receiver into this call: hand it to the process as the bug that it is.
      queueMicrotask(() => {
        throw error;
      });
    }
    const code = errorCodeOf(error, this.sent, this.#status !== 0);
    // undici reports a stopped client from inside dispatch(); receivers are promised a later call.
    queueMicrotask(() => this.fail(code));
  }

  #settle(): void {
    this.#isSettled = true;
    this.#owner.onSettled(this);
  }

  #abort(): void {
    this.#controller?.abort(givenUp);
  }

  #release(isSound: boolean): void {
    const client = this.#client;
    if (client === undefined) return;
    this.#client = undefined;
    this.#owner.release(client, isSound);
  }
}
