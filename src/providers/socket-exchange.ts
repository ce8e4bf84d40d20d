import { Deadline } from '../clock/deadline-wheel.ts';
import type { ScannedResponse } from '../protocol/json-rpc/scan-response.ts';
import type { ProviderErrorCode } from './errors.ts';

/** Who waits for one answer over a WebSocket; exactly one of the two is called, later than the request, never after `cancel()`. */
export interface SocketReceiver {
  /** The request may be repeated elsewhere, so it may be failed early when the provider hangs. */
  readonly isRepeatable: boolean;
  /** The response as the provider sent it: its id is the connection's own, `scanned` says where. */
  onSocketAnswer(body: Buffer, scanned: ScannedResponse): void;
  /** There is no answer. `sent`: a byte of the request may have reached the provider. */
  onSocketFailure(code: ProviderErrorCode, sent: boolean): void;
}

/** One request on a WebSocket that waits for its answer. */
export class SocketExchange extends Deadline {
  readonly id: number;
  /** Whether a byte of the request may have left. */
  sent = false;
  readonly #receiver: SocketReceiver;
  readonly #onSettled: (exchange: SocketExchange) => void;
  #isSettled = false;

  constructor(id: number, receiver: SocketReceiver, onSettled: (exchange: SocketExchange) => void) {
    super();
    this.id = id;
    this.#receiver = receiver;
    this.#onSettled = onSettled;
  }

  get isRepeatable(): boolean {
    return this.#receiver.isRepeatable;
  }

  answer(body: Buffer, scanned: ScannedResponse): void {
    if (this.#settle()) this.#receiver.onSocketAnswer(body, scanned);
  }

  fail(code: ProviderErrorCode): void {
    if (this.#settle()) this.#receiver.onSocketFailure(code, this.sent);
  }

  /** Gives up without telling the receiver; the answer is dropped when it comes. Returns false when it was over already. */
  cancel(): boolean {
    return this.#settle();
  }

  override onDeadline(): void {
    this.fail('attempt_timeout');
  }

  #settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    this.#onSettled(this);
    return true;
  }
}
