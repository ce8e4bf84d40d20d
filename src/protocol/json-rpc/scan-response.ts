/** A response's error object: code and message decoded, data left as bytes. */
export interface ScannedError {
  readonly code: number;
  readonly message: string;
  /** First byte of the data value, `-1` when there is none. */
  readonly dataStart: number;
  /** One past the last byte of the data value, `-1` when there is none. */
  readonly dataEnd: number;
}

/** One JSON-RPC response; positions are byte offsets into the scanned `source`, `-1` when the member is absent. */
export interface ScannedResponse {
  readonly idStart: number;
  readonly idEnd: number;
  readonly resultStart: number;
  readonly resultEnd: number;
  readonly errorStart: number;
  readonly errorEnd: number;
  readonly error?: ScannedError;
}

/** Finds id, result and error of one response without decoding the result; `undefined`: not one whole, valid response. */
export function scanResponse(source: Buffer, start = 0, end = source.length): ScannedResponse | undefined {
  throw new Error(`not yet ${start} ${end}`);
}

/** Finds the responses of a batch; `undefined`: not an array, or an element of it is not a whole, valid response. */
export function scanBatchResponse(source: Buffer): ScannedResponse[] | undefined {
  throw new Error(`not yet ${source.length}`);
}
