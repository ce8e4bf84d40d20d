import type { FailureClass, Probe } from '../chains/chain-family.ts';
import { request } from '../protocol/json-rpc/write.ts';
import type { ReadAnswer } from './answer-reader.ts';
import type { Transport } from './attempt-counters.ts';
import { type ProviderErrorCode, providerErrors } from './errors.ts';
import type { HttpReceiver } from './http-exchange.ts';
import { HttpTransport } from './http-transport.ts';
import { httpOptions, type Provider } from './provider.ts';
import type { SocketReceiver } from './socket-exchange.ts';
import type { UpstreamCall } from './upstream-call.ts';

/** What came of a probe. */
export type ProbeResult<T> =
  /** A sound answer. */
  | { readonly kind: 'value'; readonly value: T; readonly durationMs: number }
  /** The provider answered, but not with what was asked for. */
  | { readonly kind: 'refused'; readonly failure: Exclude<FailureClass, 'answer'>; readonly reason: string }
  /** The provider failed: no answer, or not a sane one. */
  | { readonly kind: 'lost'; readonly code: ProviderErrorCode; readonly reason: string };

const PROBE_ID = Buffer.from('1');
/** A block without its transactions fits many times over. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/**
 * Asks one provider about itself, past its breakers and over HTTP connections of its own: a probe must get through when
 * all the others hang, and shows whether a new connection can be made.
 */
export class ProbeChannel {
  readonly #provider: Provider;
  readonly #http: HttpTransport | undefined;

  constructor(provider: Provider) {
    this.#provider = provider;
    const options = httpOptions(provider.options);
    if (options !== undefined) {
      const own = { ...options, connections: 4, maxQueued: 16, maxResponseBytes: MAX_ANSWER_BYTES };
      this.#http = new HttpTransport(own, { deadlines: provider.deadlines });
    }
  }

  /** Asks over `transport`; settles within `timeoutMs`, never rejects. */
  ask<T>(probe: Probe<T>, transport: Transport, timeoutMs: number): Promise<ProbeResult<T>> {
    const { clock, reader, options, socket } = this.#provider;
    const startedAt = clock.now();
    const call: UpstreamCall = {
      policy: options.family.policy(probe.method),
      payload: request(1, probe.method, probe.params),
      idBytes: PROBE_ID,
      demand: { kind: 'none' },
    };
    return new Promise(resolve => {
      const settle = (read: ReadAnswer) => resolve(resultOf(probe, read, clock.now() - startedAt));
      const lost = (code: ProviderErrorCode) =>
        resolve({ kind: 'lost', code, reason: providerErrors[code].sentence });
      const receiver: HttpReceiver & SocketReceiver = {
        isRepeatable: true,
        onHttpAnswer: (status, _headers, body) => settle(reader.readHttp(call, status, body)),
        onHttpFailure: lost,
        onSocketAnswer: (body, scanned) => settle(reader.readSocket(call, body, scanned)),
        onSocketFailure: lost,
      };
      if (transport === 'http') {
        if (this.#http === undefined) lost('connection_refused');
        else this.#http.send(call.payload, timeoutMs, startedAt, receiver);
      } else if (socket?.isConnected === true) socket.send(call.payload, timeoutMs, receiver);
      else lost('websocket_closed');
    });
  }

  close(): void {
    this.#http?.close();
  }
}

function resultOf<T>(probe: Probe<T>, read: ReadAnswer, durationMs: number): ProbeResult<T> {
  const told = read.kind === 'answer' ? read.scanned.error : read.answer?.scanned.error;
  if (told !== undefined && probe.readError !== undefined) {
    const value = probe.readError(told);
    if (value !== undefined) return { kind: 'value', value, durationMs };
  }
  if (read.kind === 'failed') {
    const { failure, code, reason } = read;
    return failure === 'failure' ? { kind: 'lost', code, reason } : { kind: 'refused', failure, reason };
  }
  const { body, scanned } = read;
  if (scanned.error !== undefined) {
    return { kind: 'refused', failure: 'unsupported', reason: `error ${scanned.error.code}` };
  }
  const value = probe.read(body.subarray(scanned.resultStart, scanned.resultEnd));
  if (value === undefined)
    return { kind: 'lost', code: 'bad_response', reason: `a senseless answer to ${probe.method}` };
  return { kind: 'value', value, durationMs };
}
