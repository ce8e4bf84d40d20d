/**
 * An error response.
 *
 * @param id The id's JSON, spliced in byte for byte; `null` when it could not be read.
 * @param dataJson The data's JSON.
 */
export function errorResponse(id: Buffer | string, code: number, message: string, dataJson?: string): Buffer {
  const data = dataJson === undefined ? '' : `,"data":${dataJson}`;
  return join(HEAD, id, `,"error":{"code":${code},"message":${JSON.stringify(message)}${data}}}`);
}

/** A result response; `id` and `result` are JSON, spliced in byte for byte. */
export function resultResponse(id: Buffer | string, result: Buffer | string): Buffer {
  return join(HEAD, id, RESULT, result, CLOSE);
}

/**
 * A copy of a message, from `start` to `end` in `source`, in which the id's bytes are `id`.
 *
 * @param scanned What the scan of `source` said; the message must have an id.
 */
export function replaceId(
  source: Buffer,
  scanned: { readonly idStart: number; readonly idEnd: number },
  id: Buffer | string,
  start = 0,
  end: number = source.length,
): Buffer {
  return join(source.subarray(start, scanned.idStart), id, source.subarray(scanned.idEnd, end));
}

/** A request; `id` and `params` (an array or an object) are JSON, spliced in byte for byte. */
export function request(id: Buffer | string | number, method: string, params?: Buffer | string): Buffer {
  const idJson = typeof id === 'number' ? String(id) : id;
  const name = `,"method":${JSON.stringify(method)}`;
  return params === undefined
    ? join(HEAD, idJson, name, CLOSE)
    : join(HEAD, idJson, `${name},"params":`, params, CLOSE);
}

const HEAD = '{"jsonrpc":"2.0","id":';
const RESULT = ',"result":';
const CLOSE = '}';

function join(...parts: (Buffer | string)[]): Buffer {
  // Neighbouring strings are cheaper joined before they are encoded.
  const buffers: Buffer[] = [];
  let text = '';
  for (const part of parts) {
    if (typeof part === 'string') {
      text += part;
      continue;
    }
    if (text !== '') buffers.push(Buffer.from(text));
    text = '';
    buffers.push(part);
  }
  if (text !== '') buffers.push(Buffer.from(text));
  // One buffer alone is one that was made here.
  return buffers.length === 1 ? buffers[0]! : Buffer.concat(buffers);
}
