import type { IncomingMessage } from 'node:http';
import { gunzip } from 'node:zlib';
import type { GatewayErrorCode } from '../errors.ts';

const empty = Buffer.alloc(0);

/**
 * Collects a request's body, at most `maxBytes` of it (after decompression), and calls `done` once.
 * A body of one chunk, the common case, is not copied. `done` is not called when the client goes away.
 */
export function collectBody(
  request: IncomingMessage,
  maxBytes: number,
  done: (body: Buffer | GatewayErrorCode) => void,
): void {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > maxBytes) {
    done('body_too_large');
    return;
  }
  const encoding = request.headers['content-encoding'];
  const isGzip = encoding === 'gzip' || encoding === 'x-gzip';
  if (encoding !== undefined && encoding !== 'identity' && !isGzip) {
    done('unsupported_encoding');
    return;
  }
  let first: Buffer | undefined;
  let rest: Buffer[] | undefined;
  let size = 0;
  let isDone = false;
  request.on('data', (chunk: Buffer) => {
    if (isDone) return;
    size += chunk.length;
    if (size > maxBytes) {
      isDone = true;
      done('body_too_large');
    } else if (first === undefined) first = chunk;
    else if (rest === undefined) rest = [first, chunk];
    else rest.push(chunk);
  });
  request.on('end', () => {
    if (isDone) return;
    isDone = true;
    const body = rest === undefined ? (first ?? empty) : Buffer.concat(rest, size);
    if (isGzip) inflate(body, maxBytes, done);
    else done(body);
  });
}

function inflate(body: Buffer, maxBytes: number, done: (body: Buffer | GatewayErrorCode) => void): void {
  gunzip(body, { maxOutputLength: maxBytes }, (error, plain) => {
    if (error === null) done(plain);
    else
      done(
        (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
          ? 'body_too_large'
          : 'unsupported_encoding',
      );
  });
}
