import { zstdCompressSync } from 'node:zlib';
import { encode } from '../../../chains/solana/base58.ts';
import type { AccountState } from '../bank/svm.ts';
import { type Config, integerOf } from './params.ts';
import { invalidParams, RpcError } from './rpc-error.ts';

const maxBase58Bytes = 128;
const encodings = ['base58', 'base64', 'base64+zstd', 'jsonParsed', 'binary'];

/** An account as RPC tells it; `jsonParsed` is told as base64, as Agave does for programs that it has no parser for. */
export function accountJson(state: AccountState, config: Config): unknown {
  const data = slice(state.data, config.dataSlice);
  return {
    lamports: state.lamports,
    data: encoded(data, config.encoding),
    owner: encode(state.owner),
    executable: state.isExecutable,
    rentEpoch: state.rentEpoch,
    space: state.data.length,
  };
}

function encoded(data: Uint8Array, encoding: unknown): unknown {
  if (encoding !== undefined && encoding !== null && !encodings.includes(String(encoding)))
    throw invalidParams(`Invalid params: unknown variant \`${String(encoding)}\`.`);
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  if (encoding === 'base64' || encoding === 'jsonParsed') return [bytes.toString('base64'), 'base64'];
  if (encoding === 'base64+zstd') return [zstdCompressSync(bytes).toString('base64'), 'base64+zstd'];
  if (data.length > maxBase58Bytes)
    throw new RpcError(
      -32600,
      `Encoded binary (base 58) data should be less than ${maxBase58Bytes} bytes, please use Base64 encoding.`,
    );
  return encoding === 'base58' ? [encode(data), 'base58'] : encode(data);
}

function slice(data: Uint8Array, dataSlice: unknown): Uint8Array {
  if (dataSlice === undefined || dataSlice === null) return data;
  const { offset, length } = dataSlice as Config;
  const from = integerOf(offset, 'offset');
  return data.subarray(from, from + integerOf(length, 'length'));
}
