/** An error response; `id` and `dataJson` are spliced in as the JSON that they are. */
export function errorResponse(id: Buffer | string, code: number, message: string, dataJson?: string): Buffer {
  const data = dataJson === undefined ? '' : `,"data":${dataJson}`;
  const tail = `,"error":{"code":${code},"message":${JSON.stringify(message)}${data}}}`;
  return splice(id, Buffer.from(tail));
}

/** A result response: `id` and `result` are spliced in byte for byte. */
export function resultResponse(id: Buffer | string, result: Buffer | string): Buffer {
  return typeof result === 'string' && typeof id === 'string'
    ? Buffer.from(`${HEAD}${id},"result":${result}}`)
    : splice(id, Buffer.concat([Buffer.from(',"result":'), asBuffer(result), Buffer.from('}')]));
}

/** A copy of `source` in which the id's bytes are `id`; the scan is a call's or a response's that has an id. */
export function replaceId(
  source: Buffer,
  scanned: { readonly idStart: number; readonly idEnd: number },
  id: Buffer | string,
  start = 0,
  end = source.length,
): Buffer {
  return Buffer.concat([
    source.subarray(start, scanned.idStart),
    asBuffer(id),
    source.subarray(scanned.idEnd, end),
  ]);
}

/** A request: `id` and `params` (an array or object as JSON) are spliced in byte for byte. */
export function request(id: Buffer | string | number, method: string, params?: Buffer | string): Buffer {
  const tail = `,"method":${JSON.stringify(method)}`;
  const idJson = typeof id === 'number' ? String(id) : id;
  return params === undefined
    ? splice(idJson, Buffer.from(`${tail}}`))
    : splice(idJson, Buffer.concat([Buffer.from(`${tail},"params":`), asBuffer(params), Buffer.from('}')]));
}

const HEAD = '{"jsonrpc":"2.0","id":';

function splice(id: Buffer | string, tail: Buffer): Buffer {
  return Buffer.concat([Buffer.from(HEAD), asBuffer(id), tail]);
}

function asBuffer(value: Buffer | string): Buffer {
  return typeof value === 'string' ? Buffer.from(value) : value;
}
