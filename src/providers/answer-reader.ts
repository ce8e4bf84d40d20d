import type { ChainFamily, FailureClass, UpstreamError } from '../chains/chain-family.ts';
import { type ScannedResponse, scanResponse } from '../protocol/json-rpc/scan-response.ts';
import { errorResponse, replaceId } from '../protocol/json-rpc/write.ts';
import type { ProviderErrorCode } from './errors.ts';
import type { Redactor } from './redactor.ts';
import type { UpstreamAnswer, UpstreamCall } from './upstream-call.ts';

/** What a provider's response means for the call. */
export type ReadAnswer =
  | { readonly kind: 'answer'; readonly body: Buffer; readonly scanned: ScannedResponse }
  | {
      readonly kind: 'failed';
      readonly failure: Exclude<FailureClass, 'answer'>;
      readonly code: ProviderErrorCode;
      readonly reason: string;
      readonly answer?: UpstreamAnswer;
    };

/** Who hears of the noteworthy among the answers. */
export interface ReaderObserver {
  /** An error held one of the provider's secrets and was rewritten. */
  onScrubbed(): void;
  /** No rule knows this error. `message` is redacted. */
  onUnknownError(code: number, message: string, method: string): void;
}

/** Bytes of a body that are looked at to tell what an HTTP failure means. */
const HEAD_BYTES = 2048;
/** Bytes of `error.data` that the classifier reads. */
const DATA_HEAD_BYTES = 256;
/** Errors with JSON escapes above this size are cut short rather than decoded: a secret may hide in them. */
const MAX_DECODED_BYTES = 4 * 1024 * 1024;
const BACKSLASH = 0x5c;

/** Reads responses of one provider: answer or failure, and of what class. */
export class AnswerReader {
  readonly #family: ChainFamily;
  readonly #redactor: Redactor;
  readonly #observer: ReaderObserver;

  constructor(family: ChainFamily, redactor: Redactor, observer: ReaderObserver) {
    this.#family = family;
    this.#redactor = redactor;
    this.#observer = observer;
  }

  /** An HTTP response. */
  readHttp(call: UpstreamCall, status: number, body: Buffer): ReadAnswer {
    const isOk = status >= 200 && status < 300;
    if (isOk) {
      const scanned = scanResponse(body);
      if (scanned !== undefined) return this.readRpc(call, body, scanned);
    }
    if (status >= 300 && status < 400) return failed('failure', 'redirected', `HTTP ${status}, a redirect`);
    const failure = this.#family.classifyHttp(status, body.toString('latin1', 0, HEAD_BYTES));
    const scanned = scanResponse(body);
    if (scanned !== undefined && (failure === undefined || failure === 'answer')) {
      return this.readRpc(call, body, scanned);
    }
    if (failure === undefined || failure === 'answer') return this.#notRpc(status, body);
    const reason = isOk ? 'not a JSON-RPC response' : `HTTP ${status}`;
    const code = codeOf(failure, status);
    // An error that came with a failing status may still be the best that the client gets to see.
    const told = scanned?.error === undefined ? undefined : this.readRpc(call, body, scanned);
    if (told === undefined) return failed(failure, code, reason);
    const answer = told.kind === 'answer' ? { body: told.body, scanned: told.scanned } : told.answer;
    return failed(failure, code, `${reason}, ${this.#told(scanned!)}`, answer);
  }

  /** A response over a WebSocket, whose id is the connection's own. */
  readSocket(call: UpstreamCall, body: Buffer, scanned: ScannedResponse): ReadAnswer {
    const own = replaceId(body, scanned, call.idBytes);
    const rescanned = scanResponse(own);
    if (rescanned === undefined) return failed('failure', 'bad_response', 'not a whole JSON-RPC response');
    return this.readRpc(call, own, rescanned);
  }

  /** A whole JSON-RPC response that carries the call's id, or should. */
  readRpc(call: UpstreamCall, body: Buffer, scanned: ScannedResponse): ReadAnswer {
    const hasOwnId = isId(body, scanned, call.idBytes);
    const error = scanned.error;
    if (error === undefined) {
      if (hasOwnId) return { kind: 'answer', body, scanned };
      return failed('failure', 'wrong_id', 'the answer has the id of another request');
    }
    // Gateways in front of nodes answer errors with a null id or none: the error still counts.
    if (!hasOwnId && !isNullId(body, scanned)) {
      return failed('failure', 'wrong_id', 'the answer has the id of another request');
    }
    const dataHead =
      error.dataStart < 0
        ? undefined
        : body.toString('utf8', error.dataStart, Math.min(error.dataEnd, error.dataStart + DATA_HEAD_BYTES));
    const { code, message } = error;
    const read: UpstreamError = { code, message, ...(dataHead === undefined ? {} : { dataHead }) };
    const { method } = call.policy;
    const failure = this.#family.classifyError(read, method);
    if (this.#family.isUnknownError?.(read, method) === true) {
      this.#observer.onUnknownError(code, this.#redactor.reason(message), method);
    }
    const answer = this.#presentable(call, body, scanned, hasOwnId);
    if (failure === 'answer') return { kind: 'answer', body: answer.body, scanned: answer.scanned };
    return failed(failure, codeOf(failure, 200), this.#told(scanned), answer);
  }

  #notRpc(status: number, body: Buffer): ReadAnswer {
    if (status < 200 || status >= 300) return failed('failure', 'http_status', `HTTP ${status}`);
    return failed(
      'failure',
      'bad_response',
      body.length === 0 ? 'an empty answer' : 'not a whole JSON-RPC response',
    );
  }

  #told(scanned: ScannedResponse): string {
    return `error ${scanned.error!.code}: ${this.#redactor.reason(scanned.error!.message)}`;
  }

  /** The error as it came, unless its id is missing or it holds this provider's address or key. */
  #presentable(
    call: UpstreamCall,
    body: Buffer,
    scanned: ScannedResponse,
    hasOwnId: boolean,
  ): UpstreamAnswer {
    const isTold = this.#isTold(body);
    if (hasOwnId && !isTold) return { body, scanned };
    const { code, message, dataStart, dataEnd } = scanned.error!;
    let data = dataStart < 0 ? undefined : body.toString('utf8', dataStart, dataEnd);
    if (isTold) {
      this.#observer.onScrubbed();
      if (data !== undefined) data = this.#scrubJson(data);
    }
    const rebuilt = errorResponse(call.idBytes, code, isTold ? this.#redactor.scrub(message) : message, data);
    return { body: rebuilt, scanned: scanResponse(rebuilt)! };
  }

  #isTold(body: Buffer): boolean {
    if (this.#redactor.isTold(body)) return true;
    if (!body.includes(BACKSLASH)) return false;
    // A secret may be spelled with JSON escapes.
    const decoded = decode(body.toString());
    return decoded === undefined || this.#redactor.isTold(Buffer.from(decoded));
  }

  /** JSON text without secrets. Where there are escapes it is decoded for that, which may cost digits of huge numbers. */
  #scrubJson(json: string): string | undefined {
    if (!json.includes('\\')) return this.#redactor.scrub(json);
    const decoded = decode(json);
    return decoded === undefined ? undefined : this.#redactor.scrub(decoded);
  }
}

/** The same JSON without needless escapes; undefined when it is too large or too deep to look into. */
function decode(json: string): string | undefined {
  if (json.length > MAX_DECODED_BYTES) return undefined;
  try {
    return JSON.stringify(JSON.parse(json));
  } catch {
    return undefined;
  }
}

function failed(
  failure: Exclude<FailureClass, 'answer'>,
  code: ProviderErrorCode,
  reason: string,
  answer?: UpstreamAnswer,
): ReadAnswer {
  return { kind: 'failed', failure, code, reason, ...(answer === undefined ? {} : { answer }) };
}

function codeOf(failure: Exclude<FailureClass, 'answer'>, status: number): ProviderErrorCode {
  if (failure === 'rate_limited') return 'rate_limited';
  if (status < 200 || status >= 300) return 'http_status';
  return 'rpc_error';
}

function isId(body: Buffer, { idStart, idEnd }: ScannedResponse, id: Buffer): boolean {
  if (idStart < 0 || idEnd - idStart !== id.length) return false;
  // Ids are a few bytes: a loop beats a call into native code.
  for (let i = 0; i < id.length; i++) if (body[idStart + i] !== id[i]) return false;
  return true;
}

function isNullId(body: Buffer, { idStart, idEnd }: ScannedResponse): boolean {
  return idStart < 0 || (idEnd - idStart === 4 && body.toString('latin1', idStart, idEnd) === 'null');
}
