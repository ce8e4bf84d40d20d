import type { BlockDemand, FailureClass, MethodPolicy } from '../chains/chain-family.ts';
import type { ScannedResponse } from '../protocol/json-rpc/scan-response.ts';
import type { ProviderErrorCode } from './errors.ts';

/** One JSON-RPC call on its way to a provider. */
export interface UpstreamCall {
  readonly policy: MethodPolicy;
  /** A complete JSON-RPC request whose id every server gives back byte for byte. */
  readonly payload: Buffer;
  /** That id's bytes; an answer with another id is a failure of the provider. */
  readonly idBytes: Buffer;
  readonly demand: BlockDemand;
}

/** A provider's JSON-RPC response, its id equal to the call's. */
export interface UpstreamAnswer {
  readonly body: Buffer;
  readonly scanned: ScannedResponse;
}

/** How an attempt ended. */
export type AttemptOutcome =
  | {
      /** A result, a verdict or the client's own error: the provider's bytes. */
      readonly kind: 'answer';
      readonly body: Buffer;
      readonly scanned: ScannedResponse;
      readonly durationMs: number;
    }
  | {
      readonly kind: 'failed';
      readonly failure: Exclude<FailureClass, 'answer'>;
      readonly code: ProviderErrorCode;
      /** One short sentence for a person, without URLs or keys. */
      readonly reason: string;
      /** A byte of the request may have reached the provider, so a write may have taken effect. */
      readonly sent: boolean;
      /** The provider's JSON-RPC error, to return when no other provider does better. */
      readonly answer?: UpstreamAnswer;
      readonly durationMs: number;
    };
