import { type ClientRequest, get, type IncomingMessage } from 'node:http';
import type { TestContext } from 'node:test';

export interface SseEvent {
  readonly event: string;
  readonly id: string;
  readonly data: { n?: number } & Record<string, unknown>;
}

/**
 * One request of an EventSource, read as the standard says.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class SseClient {
  readonly events: SseEvent[] = [];
  response: IncomingMessage | undefined;
  /** What the browser would send as `Last-Event-ID`. */
  lastEventId: string;
  retryMs: number | undefined;
  comments = 0;
  /** The response ended as it should, not in the middle. */
  isComplete = false;
  isClosed = false;
  readonly #request: ClientRequest;
  #text = '';
  #event = '';
  #data: string[] = [];

  constructor(t: TestContext, url: string, lastEventId = '') {
    this.lastEventId = lastEventId;
    const headers: Record<string, string> = { accept: 'text/event-stream' };
    if (lastEventId !== '') headers['last-event-id'] = lastEventId;
    this.#request = get(url, { headers }, response => {
      this.response = response;
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => this.#read(chunk));
      response.on('end', () => {
        this.isComplete = response.complete;
      });
      response.on('error', () => {});
      response.on('close', () => {
        this.isClosed = true;
      });
    });
    this.#request.on('error', () => {
      this.isClosed = true;
    });
    t.after(() => this.close());
  }

  get numbers(): unknown[] {
    return this.events.filter(({ event }) => event === 'message').map(({ data }) => dataOf(data).n);
  }

  close(): void {
    this.#request.destroy();
  }

  #read(chunk: string): void {
    this.#text += chunk;
    const lines = this.#text.split(/\r\n|\r|\n/);
    this.#text = lines.pop()!;
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    if (line === '') {
      if (this.#data.length > 0) {
        const data = JSON.parse(this.#data.join('\n'));
        this.events.push({ event: this.#event || 'message', id: this.lastEventId, data });
      }
      this.#event = '';
      this.#data = [];
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) {
      this.comments++;
      return;
    }
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#event = value;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'id') this.lastEventId = value;
    else if (field === 'retry') this.retryMs = Number(value);
    else throw new Error(`a stray line in the stream: ${line}`);
  }
}

/** The `data` of the event within the data of the message. */
export function dataOf(data: Record<string, unknown>): { n?: number } & Record<string, unknown> {
  return data.data as { n?: number };
}
