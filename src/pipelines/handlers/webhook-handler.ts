import { createHash } from 'node:crypto';
import type { Clock } from '../../clock/clock.ts';
import { PipelineError } from '../errors.ts';
import { toJson } from '../parsers/to-json.ts';
import type { Handler, PipelineGap, PipelineItem } from '../pipeline.ts';
import { plainOrigin } from '../runtime/item-origin.ts';

export interface WebhookHandlerOptions {
  readonly id: string;
  /** `http:` or `https:`; may hold a secret, and is told to nobody else. */
  readonly url: string;
  /** Sent with each request. @default none */
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds for one request. @default 10000 */
  readonly timeoutMs?: number;
}

export interface WebhookDependencies {
  readonly clock: Clock;
}

/**
 * Sends values to a URL: `POST` of a JSON array of `{pipeline, origin, value}`, with an `Idempotency-Key` that is equal when the
 * same values come again (`origin.key` of one value, a digest of all keys of several). Gaps are sent as `{pipeline, gap}`.
 * A 2xx is done; 408, 425, 429 and 5xx are tried again, not before `Retry-After` as far as the pipeline's `maxDelayMs` goes; any
 * other answer gives the values up.
 */
export class WebhookHandler implements Handler {
  readonly id: string;
  readonly timeoutMs: number;
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #clock: Clock;

  /** @throws PipelineError `pipeline_invalid`: it is no URL of http */
  constructor(options: WebhookHandlerOptions, { clock }: WebhookDependencies) {
    const url = URL.parse(options.url);
    if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
      throw new PipelineError(
        'pipeline_invalid',
        `the url of webhook ${options.id} is none of http or https`,
      );
    this.#headers = { ...options.headers, ...authorization(url) };
    url.username = url.password = '';
    this.id = options.id;
    this.timeoutMs = options.timeoutMs ?? 10_000;
    this.#url = url;
    this.#clock = clock;
  }

  handle(item: PipelineItem, signal: AbortSignal): Promise<void> {
    return this.handleBatch([item], signal);
  }

  handleBatch(items: readonly PipelineItem[], signal: AbortSignal): Promise<void> {
    const keys = items.map(({ origin }) => (origin.isRemoved ? `${origin.key}:removed` : origin.key));
    const body = items.map(({ pipeline, value, origin }) => ({
      pipeline,
      origin: plainOrigin(origin, origin.isRemoved),
      value: toJson(value),
    }));
    return this.#post(keys.length === 1 ? keys[0]! : digest(keys), body, signal);
  }

  onGap(gap: PipelineGap, signal: AbortSignal): Promise<void> {
    const { pipeline, fromSlot, toSlot, reason } = gap;
    return this.#post(
      digest(['gap', pipeline, String(fromSlot), String(toSlot), reason]),
      [{ pipeline, gap }],
      signal,
    );
  }

  async #post(key: string, body: unknown, signal: AbortSignal): Promise<void> {
    let response: Response;
    try {
      response = await fetch(this.#url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...this.#headers, 'idempotency-key': key },
        body: JSON.stringify(body),
        // Another place was not asked for, and would get the headers.
        redirect: 'manual',
        signal,
      });
      await response.body?.cancel();
    } catch (error) {
      // Its message may name the URL.
      const reason = reasonOf(error);
      if (reason === blockedPort) throw new PipelineError('handler_refused', `${this.id}: ${reason}`);
      throw new PipelineError('handler_failed', `${this.id} could not be reached: ${reason}`);
    }
    const { status } = response;
    if (status >= 200 && status < 300) return;
    const message = `${this.id} answered ${status}`;
    if (status < 500 && !repeatable.has(status)) throw new PipelineError('handler_refused', message);
    const retryAfterMs = this.#retryAfter(response.headers.get('retry-after'));
    throw new PipelineError('handler_failed', message, { details: { status, retryAfterMs } });
  }

  /** Seconds, or a date. */
  #retryAfter(text: string | null): number | undefined {
    if (text === null) return undefined;
    const seconds = Number(text);
    const delayMs = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(text) - this.#clock.wallNow();
    return Number.isFinite(delayMs) && delayMs > 0 ? delayMs : undefined;
  }
}

const repeatable: ReadonlySet<number> = new Set([408, 425, 429]);

const digest = (keys: readonly string[]): string =>
  createHash('sha256').update(keys.join('\n')).digest('hex');

function authorization(url: URL): Record<string, string> {
  if (url.username === '' && url.password === '') return {};
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
}

const blockedPort = 'fetch refuses its port (https://fetch.spec.whatwg.org/#port-blocking): use another one';

function reasonOf(error: unknown): string {
  const { name, cause } = error as {
    readonly name?: string;
    readonly cause?: { readonly code?: string; readonly message?: string };
  };
  if (cause?.message === 'bad port') return blockedPort;
  return cause?.code ?? name ?? 'unknown';
}
