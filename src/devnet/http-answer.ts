import type { HttpMessage } from './http-message.ts';

/** An HTTP answer that is written by the provider itself, or changed by it. */
export interface HttpAnswer {
  /** `500 Internal Server Error` */
  readonly status: string;
  /** Header lines, each ended by CRLF, without those that frame the body. */
  readonly headers: string;
  readonly body: Buffer;
}

/** An answer with a body of its own. */
export function httpAnswer(status: string, contentType: string, body: string, headers = ''): HttpAnswer {
  return { status, headers: `content-type: ${contentType}\r\n${headers}`, body: Buffer.from(body) };
}

/** An answer that carries JSON-RPC. */
export function jsonAnswer(value: unknown): HttpAnswer {
  return httpAnswer('200 OK', 'application/json', JSON.stringify(value));
}

/** The collected answer of an upstream. */
export function answerOf(message: HttpMessage): HttpAnswer {
  const startLine = message.head.indexOf('\r\n');
  const headers = message.head
    .slice(startLine + 2)
    .replace(/^(content-length|transfer-encoding):.*\r\n/gim, '');
  return { status: message.head.slice('HTTP/1.1 '.length, startLine), headers, body: message.body() };
}

/** The start line and headers of an answer, up to the body. */
export function headOf(answer: Pick<HttpAnswer, 'status' | 'headers'>, framing: string): Buffer {
  return Buffer.from(`HTTP/1.1 ${answer.status}\r\n${answer.headers}${framing}\r\n\r\n`, 'latin1');
}

/** A request on its way to the upstream: another path, and another body when there is one. */
export function upstreamRequest(request: HttpMessage, path: string | undefined, body?: Buffer): Buffer {
  if (path === undefined && body === undefined) return request.wire();
  const [method = '', target = '', version = ''] = request.head
    .slice(0, request.head.indexOf('\r\n'))
    .split(' ');
  let rest = request.head.slice(request.head.indexOf('\r\n'));
  // Frames are looked into, so no extension may change them.
  if (request.header('upgrade') !== undefined)
    rest = rest.replace(/\r\nsec-websocket-extensions:[^\r]*/gi, '');
  if (body !== undefined) {
    rest = rest.replace(/\r\n(content-length|transfer-encoding):[^\r]*/gi, '').slice(0, -2);
    rest += `\r\ncontent-length: ${body.length}\r\n`;
  }
  const head = Buffer.from(`${method} ${path ?? target} ${version}${rest}\r\n`, 'latin1');
  return Buffer.concat([head, body ?? request.wire().subarray(request.headLength)]);
}
