import { encode } from '../../../chains/solana/base58.ts';
import type { CompiledInnerInstruction, CompiledInstruction } from '../../../chains/solana/updates.ts';
import type { BankTransaction } from '../bank/bank-events.ts';
import { integerOf } from './params.ts';
import { invalidParams, RpcError } from './rpc-error.ts';

type Encoding = 'json' | 'jsonParsed' | 'base58' | 'base64';

export function encodingOf(value: unknown): Encoding {
  if (value === undefined || value === null || value === 'json') return 'json';
  if (value === 'jsonParsed' || value === 'base58' || value === 'base64') return value;
  throw invalidParams(
    `Invalid params: unknown variant \`${String(value)}\`, expected one of \`json\`, \`jsonParsed\`, \`base58\`, \`base64\`.`,
  );
}

/**
 * A transaction with what came of it, as `getTransaction` and `getBlock` tell it. Instructions are left as they are in
 * `jsonParsed` too, as Agave does for programs that it has no parser for.
 *
 * @throws RpcError -32015 when it has a version that the client does not say it takes
 */
export function transactionJson(
  transaction: BankTransaction,
  encoding: Encoding,
  maxVersion: unknown,
): { readonly transaction: unknown; readonly meta: unknown; readonly version?: 'legacy' | 0 } {
  const { version } = transaction;
  const isTold = maxVersion !== undefined && maxVersion !== null;
  if (isTold) integerOf(maxVersion, 'maxSupportedTransactionVersion');
  else if (version !== 'legacy')
    throw new RpcError(
      -32015,
      `Transaction version (${version}) is not supported by the requesting client. Please try the request again with the following configuration parameter: "maxSupportedTransactionVersion": ${version}`,
    );
  return {
    transaction: content(transaction, encoding),
    meta: metaJson(transaction, encoding),
    ...(isTold ? { version } : {}),
  };
}

/** Errors and statuses as they stand in `meta`. */
export function statusJson(transaction: BankTransaction): unknown {
  return transaction.error === undefined ? { Ok: null } : { Err: transaction.error };
}

function content(transaction: BankTransaction, encoding: Encoding): unknown {
  if (encoding === 'base58') return [encode(transaction.wire), 'base58'];
  if (encoding === 'base64') return [Buffer.from(transaction.wire).toString('base64'), 'base64'];
  const { header, staticKeys, accountKeys, instructions, tableLookups, version } = transaction;
  const message = {
    ...(encoding === 'jsonParsed'
      ? { accountKeys: parsedKeys(transaction) }
      : {
          header: {
            numRequiredSignatures: header.requiredSignatures,
            numReadonlySignedAccounts: header.readonlySigned,
            numReadonlyUnsignedAccounts: header.readonlyUnsigned,
          },
          accountKeys: accountKeys.slice(0, staticKeys).map(encode),
        }),
    recentBlockhash: encode(transaction.recentBlockhash),
    instructions: instructions.map(each => instructionJson(each, 1, transaction, encoding)),
    ...(version === 'legacy'
      ? {}
      : {
          addressTableLookups: tableLookups.map(({ table, writableIndexes, readonlyIndexes }) => ({
            accountKey: encode(table),
            writableIndexes: [...writableIndexes],
            readonlyIndexes: [...readonlyIndexes],
          })),
        }),
  };
  return { signatures: transaction.signatures.map(encode), message };
}

function parsedKeys({ accountKeys, header, staticKeys, loadedWritable }: BankTransaction): unknown {
  const { requiredSignatures, readonlySigned, readonlyUnsigned } = header;
  return accountKeys.map((key, index) => {
    const isLoaded = index >= staticKeys;
    const isSigner = index < requiredSignatures;
    const writable = isLoaded
      ? index < staticKeys + loadedWritable
      : isSigner
        ? index < requiredSignatures - readonlySigned
        : index < staticKeys - readonlyUnsigned;
    return {
      pubkey: encode(key),
      signer: isSigner,
      source: isLoaded ? 'lookupTable' : 'transaction',
      writable,
    };
  });
}

function metaJson(transaction: BankTransaction, encoding: Encoding): unknown {
  const { accountKeys, staticKeys, loadedWritable, returnData } = transaction;
  const loadedFrom = staticKeys + loadedWritable;
  return {
    err: transaction.error ?? null,
    status: statusJson(transaction),
    fee: transaction.fee,
    preBalances: transaction.preBalances,
    postBalances: transaction.postBalances,
    innerInstructions: innerJson(transaction.inner, transaction, encoding),
    logMessages: transaction.logs,
    preTokenBalances: [],
    postTokenBalances: [],
    rewards: [],
    ...(encoding === 'jsonParsed'
      ? {}
      : {
          loadedAddresses: {
            writable: accountKeys.slice(staticKeys, loadedFrom).map(encode),
            readonly: accountKeys.slice(loadedFrom).map(encode),
          },
        }),
    ...(returnData === undefined ? {} : { returnData: returnDataJson(returnData) }),
    computeUnitsConsumed: transaction.computeUnits,
  };
}

/** What a program returned, as RPC tells it. */
export function returnDataJson(returned: {
  readonly program: Uint8Array;
  readonly data: Uint8Array;
}): unknown {
  return {
    programId: encode(returned.program),
    data: [Buffer.from(returned.data).toString('base64'), 'base64'],
  };
}

/** Inner instructions as RPC tells them. */
export function innerJson(
  inner: BankTransaction['inner'],
  keys: Pick<BankTransaction, 'accountKeys'>,
  encoding: Encoding,
): unknown {
  return inner.map(({ index, instructions }) => ({
    index,
    instructions: instructions.map(each => instructionJson(each, each.stackHeight ?? null, keys, encoding)),
  }));
}

function instructionJson(
  instruction: CompiledInstruction | CompiledInnerInstruction,
  stackHeight: number | null,
  { accountKeys }: Pick<BankTransaction, 'accountKeys'>,
  encoding: Encoding,
): unknown {
  const data = encode(instruction.data);
  const { programIndex, accounts } = instruction;
  if (encoding !== 'jsonParsed')
    return { programIdIndex: programIndex, accounts: [...accounts], data, stackHeight };
  const keyOf = (index: number) => encode(accountKeys[index] ?? new Uint8Array(32));
  return { programId: keyOf(programIndex), accounts: [...accounts].map(keyOf), data, stackHeight };
}
