/** One JSON-RPC call found in a request body; every position is a byte offset into the scanned `source`. */
export interface ScannedCall {
  /** First byte of the call's object. */
  readonly start: number;
  /** One past the last byte of the call's object. */
  readonly end: number;
  /** First byte of the id value, `-1` for a notification. */
  readonly idStart: number;
  /** One past the last byte of the id value, `-1` for a notification. */
  readonly idEnd: number;
  /** The id is one that every server gives back byte for byte, so it needs no replacing before the call is forwarded. */
  readonly idPlain: boolean;
  /** The method's name, JSON escapes resolved. */
  readonly method: string;
  /** First byte of the params value, `-1` when there is none. */
  readonly paramsStart: number;
  /** One past the last byte of the params value, `-1` when there is none. */
  readonly paramsEnd: number;
}

/** Why a request, or one element of a batch, is refused; the id's range is `-1` when no valid id could be read. */
export interface RequestError {
  readonly kind: 'error';
  readonly code: -32700 | -32600;
  readonly message: string;
  readonly idStart: number;
  readonly idEnd: number;
}

/** What a request body holds. A bad element does not spoil the rest of its batch. */
export type ScannedRequest =
  | { readonly kind: 'call'; readonly call: ScannedCall }
  | { readonly kind: 'batch'; readonly items: readonly (ScannedCall | RequestError)[] }
  | RequestError;

/** The bounds of a request body. */
export interface RequestLimits {
  /** Levels of arrays and objects, the envelope included; one more is refused with -32600. */
  readonly maxDepth: number;
  /** Calls in one batch; one more is refused with a single -32600. */
  readonly maxBatch: number;
}

/** Finds the calls of a request body in one pass and without decoding params; never throws. */
export function scanRequest(source: Buffer, limits: RequestLimits): ScannedRequest {
  throw new Error(`not yet ${source.length} ${limits.maxBatch}`);
}
