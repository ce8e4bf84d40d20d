import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';

/** A response that keeps what was written into it. */
export class FakeResponse {
  status = 0;
  readonly headers: Record<string, string> = {};
  text = '';
  isEnded = false;

  get asResponse(): ServerResponse {
    return this as unknown as ServerResponse;
  }

  get json() {
    return JSON.parse(this.text) as Record<string, unknown> & { error?: { code: string; message: string } };
  }

  setHeader(name: string, value: string): void {
    this.headers[name.toLowerCase()] = value;
  }

  writeHead(status: number, headers: Record<string, string | number> = {}): this {
    this.status = status;
    for (const [name, value] of Object.entries(headers)) this.headers[name.toLowerCase()] = String(value);
    return this;
  }

  end(text = ''): this {
    this.text += text;
    this.isEnded = true;
    return this;
  }
}

/** A request with a body. */
export function fakeRequest(
  method: string,
  headers: Record<string, string> = {},
  body = '',
): IncomingMessage {
  const stream = new PassThrough();
  stream.end(body);
  return Object.assign(stream, { method, headers }) as unknown as IncomingMessage;
}
