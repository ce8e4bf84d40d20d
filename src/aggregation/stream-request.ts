import type { EventKind, EventRules, StreamNature } from '../chains/chain-family.ts';
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
  readonly nature: StreamNature;
}

/** Events without a known key cannot be told apart, so that only one provider may bring them. */
const unknownNature: StreamNature = { breadth: 'one', order: 'any' };

const maxParamsLength = 64 * 1024;

/**
 * Reads subscribe params such as `["logs",{"address":"0xAb…"}]`. Equal ones get equal text: keys sorted, white
 * space gone, and what else the family knows to mean the same.
 * @throws TrunklineError `invalid_stream`
 */
export function readStreamRequest(paramsJson: string, events: EventRules): StreamRequest {
  if (paramsJson.length > maxParamsLength)
    throw invalid(`the params are longer than ${maxParamsLength} bytes`);
  const canonical = canonicalJson(Buffer.from(paramsJson));
  if (canonical === undefined) throw invalid('the params are not JSON');
  const value: unknown = JSON.parse(canonical);
  if (!Array.isArray(value) || typeof value[0] !== 'string') {
    throw invalid('the params must be an array that starts with the name of a stream');
  }
  const params = events.canonical(canonical);
  if (params === undefined) throw invalid(`${value[0]} is no stream of this chain`);
  const kind = events.kind(params);
  if (kind === undefined) return { params, kind: 'other', nature: unknownNature };
  return { params, kind, nature: events.nature(kind) };
}

function invalid(message: string): TrunklineError<AggregationErrorCode> {
  return new TrunklineError<AggregationErrorCode>(aggregationErrors, 'invalid_stream', message);
}
