import type { EventKind, EventRules } from '../chains/chain-family.ts';
import { TrunklineError } from '../errors/trunkline-error.ts';
import { canonicalJson } from '../protocol/json-rpc/canonical-json.ts';
import { type AggregationErrorCode, aggregationErrors } from './errors.ts';

/** The metric label of a stream: its kind, or `other` for one whose events have no key known to us. */
export type StreamKind = EventKind | 'other';

/** A subscription's params, read once. */
export interface StreamRequest {
  /** The one text of equal params; what is sent upstream, and what tells streams apart. */
  readonly params: string;
  readonly kind: StreamKind;
}

const maxParamsLength = 64 * 1024;
const hexString = /"0[xX][0-9a-fA-F]*"/g;

/**
 * Reads subscribe params such as `["logs",{"address":"0xAb…"}]`. Equal ones get equal text: keys sorted, white
 * space gone, hex in lower case.
 * @throws TrunklineError `invalid_stream`
 */
export function readStreamRequest(paramsJson: string, events: EventRules): StreamRequest {
  if (paramsJson.length > maxParamsLength)
    throw invalid(`the params are longer than ${maxParamsLength} bytes`);
  const canonical = canonicalJson(Buffer.from(paramsJson));
  if (canonical === undefined) throw invalid('the params are not JSON');
  const params = canonical.replace(hexString, hex => hex.toLowerCase());
  const value: unknown = JSON.parse(params);
  if (!Array.isArray(value) || typeof value[0] !== 'string') {
    throw invalid('the params must be an array that starts with the name of a stream');
  }
  return { params, kind: events.kind(params) ?? 'other' };
}

function invalid(message: string): TrunklineError<AggregationErrorCode> {
  return new TrunklineError<AggregationErrorCode>(aggregationErrors, 'invalid_stream', message);
}
