import { type Metadata, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import { geyserMethods } from '../../protocol/geyser/geyser-codec.ts';
import { askSlot, type GrpcContext, refusal, upstreamMetadata } from './grpc-context.ts';

type UnaryName = Exclude<keyof typeof geyserMethods, 'subscribe'>;

/** Relays the calls of one method that has one answer, with the faults of the provider. */
export function relayUnary(
  name: UnaryName,
  context: GrpcContext,
  isAllowed: (metadata: Metadata) => boolean,
) {
  const { path } = geyserMethods[name];
  const method = path.slice(path.lastIndexOf('/') + 1);
  const bytes = (message: Buffer) => message;
  return (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
    if (!isAllowed(call.metadata)) {
      return done({ code: status.UNAUTHENTICATED, details: 'No valid auth token' });
    }
    const refused = refusal(context, method);
    if (refused !== undefined) return done(refused);
    context.client.makeUnaryRequest(
      path,
      bytes,
      bytes,
      call.request,
      upstreamMetadata(context),
      (error, answer) => {
        if (error !== null) return done({ code: error.code, details: error.details });
        changed(name, answer ?? Buffer.alloc(0), context).then(
          value => done(null, value),
          () => done({ code: status.INTERNAL, details: 'internal error' }),
        );
      },
    );
  };
}

/** The answer, as old as the provider's lag says, and with the replay that it has left. */
async function changed(name: UnaryName, answer: Buffer, context: GrpcContext): Promise<Buffer> {
  const lag = context.faults.take('lag', 'grpc', []);
  if (lag !== undefined && name === 'getSlot') {
    const { slot } = geyserMethods.getSlot.responseDeserialize(answer);
    return geyserMethods.getSlot.responseSerialize({ slot: Math.max(0, Number(slot) - lag.blocks) });
  }
  if (lag !== undefined && name === 'getBlockHeight') {
    const { blockHeight } = geyserMethods.getBlockHeight.responseDeserialize(answer);
    return geyserMethods.getBlockHeight.responseSerialize({
      blockHeight: Math.max(0, Number(blockHeight) - lag.blocks),
    });
  }
  const replay = context.faults.get('geyser-replay');
  if (replay === undefined || name !== 'subscribeReplayInfo') return answer;
  if (replay.style === 'unsupported') return geyserMethods.subscribeReplayInfo.responseSerialize({});
  const firstAvailable = Math.max(0, ((await askSlot(context)) ?? 0) - replay.slots);
  return geyserMethods.subscribeReplayInfo.responseSerialize({ firstAvailable });
}
