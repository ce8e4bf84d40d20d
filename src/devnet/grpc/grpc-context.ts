import { type Client, Metadata, status } from '@grpc/grpc-js';
import type { Clock } from '../../clock/clock.ts';
import { geyserMethods } from '../../protocol/geyser/geyser-codec.ts';
import type { FaultSet } from '../fault-set.ts';

/** How a call or a stream ends. */
export interface GrpcEnd {
  readonly code: status;
  readonly details: string;
}

/** What the parts of one simulated gRPC provider share. */
export interface GrpcContext {
  readonly clock: Clock;
  readonly faults: FaultSet;
  /** To the chain's own Geyser server. */
  readonly client: Client;
  readonly upstreamToken: string | undefined;
  /** Cuts the client's connection, named by the port that it comes from, with a TCP RST. */
  reset(peerPort: number): void;
}

/** What the chain's own server is asked with. */
export function upstreamMetadata({ upstreamToken }: GrpcContext): Metadata {
  const metadata = new Metadata();
  if (upstreamToken !== undefined) metadata.set('x-token', upstreamToken);
  return metadata;
}

/** The newest slot of the chain, of the commitment `processed`; undefined: the chain does not answer. */
export function askSlot(context: GrpcContext): Promise<number | undefined> {
  const { path, requestSerialize, responseDeserialize } = geyserMethods.getSlot;
  return new Promise(resolve => {
    context.client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      {},
      upstreamMetadata(context),
      (error, answer) => resolve(error === null && answer !== undefined ? Number(answer.slot) : undefined),
    );
  });
}

/** How a call is refused, when a fault says so. */
export function refusal({ faults }: GrpcContext, method: string): GrpcEnd | undefined {
  const refused = faults.take('geyser-refuse', 'grpc', [method]);
  if (refused !== undefined) return refusals[refused.reason];
  const limited = faults.take('rate-limit', 'grpc', [method]);
  if (limited !== undefined) return { code: status.RESOURCE_EXHAUSTED, details: 'too many requests' };
  const failed = faults.take('error', 'grpc', [method]);
  return failed === undefined ? undefined : { code: status.INTERNAL, details: failed.message };
}

const refusals = {
  too_many_streams: { code: status.RESOURCE_EXHAUSTED, details: 'too many concurrent streams' },
  bad_token: { code: status.UNAUTHENTICATED, details: 'No valid auth token' },
  unavailable: { code: status.UNAVAILABLE, details: 'backends unavailable' },
  unimplemented: { code: status.UNIMPLEMENTED, details: 'the method is not available' },
  internal: { code: status.INTERNAL, details: 'internal error' },
} as const;

/** How a stream is ended by a fault; undefined: as if all had been told. */
export const endings: Readonly<
  Record<'lagged' | 'internal' | 'unavailable' | 'cancelled' | 'ok', GrpcEnd | undefined>
> = {
  lagged: { code: status.INTERNAL, details: 'lagged to receive geyser messages' },
  internal: { code: status.INTERNAL, details: 'internal error' },
  unavailable: { code: status.UNAVAILABLE, details: 'shutting down' },
  cancelled: { code: status.CANCELLED, details: 'cancelled by the server' },
  ok: undefined,
};
