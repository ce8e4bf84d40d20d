import proto from 'laserstream-core-proto-js';
import type protobuf from 'protobufjs/minimal.js';
import { TrunklineError } from '../../errors/trunkline-error.ts';
import { geyserErrors } from './errors.ts';
import type {
  LatestBlockhash,
  ReplayInfo,
  SubscribeRequest,
  SubscribeUpdate,
  Uint64,
  WireCommitment,
  Written,
} from './geyser-messages.ts';
import { wireReader } from './wire-reader.ts';
import { WireWriter } from './wire-writer.ts';

/** How one kind of message is written and read. */
export interface MessageCodec<Message> {
  readonly serialize: (message: Written<Message>) => Buffer;
  /**
   * Bytes inside the message are views of `bytes`: what keeps one keeps all.
   *
   * @throws TrunklineError `geyser_message_malformed`, whatever the bytes are
   */
  readonly deserialize: (bytes: Buffer) => Message;
}

interface StaticCodec {
  encode(message: unknown, writer: protobuf.Writer): protobuf.Writer;
  decode(reader: protobuf.Reader): unknown;
}

function codec<Message>(name: string, type: unknown): MessageCodec<Message> {
  const { encode, decode } = type as StaticCodec;
  return {
    serialize: message => encode(message, new WireWriter()).finish() as Buffer,
    deserialize: bytes => {
      try {
        const reader = wireReader(bytes);
        const message = decode(reader) as Message;
        if (reader.pos !== reader.len)
          throw new RangeError(`a part ends ${reader.pos - reader.len} bytes behind it`);
        return message;
      } catch (cause) {
        const message = `no ${name} in ${bytes.length} bytes: ${cause instanceof Error ? cause.message : cause}`;
        throw new TrunklineError(geyserErrors, 'geyser_message_malformed', message, { cause });
      }
    },
  };
}

const { geyser, solana, google } = proto;

// The package's default of a 64-bit field that was left out is an object; the readers' numbers are plain.
for (const namespace of [geyser, solana.storage.ConfirmedBlock, google.protobuf]) {
  for (const type of Object.values(namespace) as { readonly prototype?: Record<string, unknown> }[]) {
    const { prototype = {} } = type;
    for (const [field, value] of Object.entries(prototype)) {
      if (typeof value === 'object' && value !== null && 'unsigned' in value) prototype[field] = 0;
    }
  }
}

type Nothing = object;
interface OfCommitment {
  readonly commitment?: WireCommitment | null | undefined;
}

interface Method<Request, Response> {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestSerialize: (message: Written<Request>) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => Request;
  readonly responseSerialize: (message: Written<Response>) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
}

function method<Request, Response>(
  name: string,
  isStream: boolean,
  request: MessageCodec<Request>,
  response: MessageCodec<Response>,
): Method<Request, Response> {
  return {
    path: `/geyser.Geyser/${name}`,
    requestStream: isStream,
    responseStream: isStream,
    requestSerialize: request.serialize,
    requestDeserialize: request.deserialize,
    responseSerialize: response.serialize,
    responseDeserialize: response.deserialize,
  };
}

type MessageName = keyof typeof geyser;
/** Calls that answer with one message: their requests are named after them. */
type UnaryName = MessageName extends infer Name
  ? Name extends `${infer Call}Request`
    ? Call
    : never
  : never;

/** @param answer name of its answer's message; most are named after the call */
function unary<Request, Response>(
  name: UnaryName,
  answer: MessageName = `${name}Response` as MessageName,
): Method<Request, Response> {
  const asked = `${name}Request` as const;
  return method(name, false, codec<Request>(asked, geyser[asked]), codec<Response>(answer, geyser[answer]));
}

/** Writers may leave out the value of a filter that wants everything; the package's reader makes it null. */
const filterTypes = [
  ['accounts', geyser.SubscribeRequestFilterAccounts],
  ['slots', geyser.SubscribeRequestFilterSlots],
  ['transactions', geyser.SubscribeRequestFilterTransactions],
  ['transactionsStatus', geyser.SubscribeRequestFilterTransactions],
  ['blocks', geyser.SubscribeRequestFilterBlocks],
  ['blocksMeta', geyser.SubscribeRequestFilterBlocksMeta],
  ['entry', geyser.SubscribeRequestFilterEntry],
] as const;

const requestCodec = codec<SubscribeRequest>('SubscribeRequest', geyser.SubscribeRequest);

export const subscribeRequestCodec: MessageCodec<SubscribeRequest> = {
  serialize: requestCodec.serialize,
  deserialize: bytes => {
    const request = requestCodec.deserialize(bytes);
    for (const [field, Filter] of filterTypes) {
      const filters = request[field] as Record<string, object | null>;
      for (const name of Object.keys(filters)) filters[name] ??= new Filter();
    }
    return request;
  },
};
export const subscribeUpdateCodec = codec<SubscribeUpdate>('SubscribeUpdate', geyser.SubscribeUpdate);

/**
 * The methods of the service `geyser.Geyser`, in the form that `@grpc/grpc-js` takes for clients
 * (`makeUnaryRequest(path, requestSerialize, responseDeserialize, …)`) and for servers (`addService`).
 */
export const geyserMethods = {
  subscribe: method('Subscribe', true, subscribeRequestCodec, subscribeUpdateCodec),
  subscribeReplayInfo: unary<Nothing, ReplayInfo>('SubscribeReplayInfo'),
  ping: unary<{ readonly count: number }, { readonly count: number }>('Ping', 'PongResponse'),
  getLatestBlockhash: unary<OfCommitment, LatestBlockhash>('GetLatestBlockhash'),
  getBlockHeight: unary<OfCommitment, { readonly blockHeight: Uint64 }>('GetBlockHeight'),
  getSlot: unary<OfCommitment, { readonly slot: Uint64 }>('GetSlot'),
  isBlockhashValid: unary<
    OfCommitment & { readonly blockhash: string },
    { readonly slot: Uint64; readonly valid: boolean }
  >('IsBlockhashValid'),
  getVersion: unary<Nothing, { readonly version: string }>('GetVersion'),
};

/**
 * A slot, an index or a height as a number.
 *
 * @throws TrunklineError `geyser_message_malformed` when it is beyond 2^53 - 1, which no chain reaches
 */
export function toSafeNumber(value: Uint64): number {
  if (typeof value === 'number') return value;
  throw new TrunklineError(geyserErrors, 'geyser_message_malformed', `${value} is no slot, index or height`);
}
