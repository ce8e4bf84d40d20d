import { encode } from '../../chains/solana/base58.ts';
import type { AccountUpdate, TransactionUpdate } from '../../chains/solana/updates.ts';
import type { InstructionUpdate } from '../instructions/instruction-update.ts';
import { instructionProblem, instructionsOf } from '../instructions/instructions-of.ts';
import type { ParseOutcome, Parser, ParserInput } from '../pipeline.ts';
import { type JsonValue, toJson } from './to-json.ts';

/** Updates as they are, as JSON: keys and signatures base58, data base64, lamports and write versions as text. */
export const rawParser: Parser<JsonValue> = {
  id: 'raw',
  parse(input: ParserInput): ParseOutcome<JsonValue> {
    switch (input.kind) {
      case 'transaction': {
        const message = instructionProblem(input);
        if (message !== undefined) return { kind: 'error', message };
        return { kind: 'parsed', values: [transaction(input)] };
      }
      case 'instruction':
        return {
          kind: 'parsed',
          values: [
            {
              kind: input.kind,
              slot: input.slot,
              signature: encode(input.transaction.signature),
              isFailed: input.transaction.isFailed,
              ...instruction(input),
            },
          ],
        };
      case 'account':
        return { kind: 'parsed', values: [account(input)] };
      case 'block':
        return {
          kind: 'parsed',
          values: [toJson({ ...input, transactions: input.transactions.map(transaction) })],
        };
      default:
        return { kind: 'parsed', values: [toJson(input)] };
    }
  },
};

function transaction(update: TransactionUpdate): { readonly [name: string]: JsonValue } {
  const { slot, index, signature, isVote, isFailed, fee, computeUnits } = update;
  return {
    kind: update.kind,
    slot,
    index: index ?? null,
    signature: encode(signature),
    isVote,
    isFailed,
    error: update.error === undefined ? null : readError(update.error),
    fee,
    computeUnits: computeUnits ?? null,
    accountKeys: update.accountKeys.map(encode),
    instructions: instructionsOf(update).map(instruction),
    logs: update.logs ?? null,
  };
}

function instruction(update: InstructionUpdate): { readonly [name: string]: JsonValue } {
  return {
    path: update.path.join('.'),
    program: encode(update.program),
    accounts: update.accounts.map(encode),
    data: toJson(update.data),
    logs: update.logs ?? null,
    inner: update.inner.map(instruction),
  };
}

function account(update: AccountUpdate): JsonValue {
  return {
    kind: update.kind,
    slot: update.slot,
    pubkey: encode(update.pubkey),
    owner: encode(update.owner),
    lamports: update.lamports.toString(),
    isExecutable: update.isExecutable,
    writeVersion: update.writeVersion.toString(),
    signature: update.signature === undefined ? null : encode(update.signature),
    data: toJson(update.data),
  };
}

/** As the JSON that it is, or as base64 in the encoding that the source has. */
function readError(error: Uint8Array): JsonValue {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(error)) as JsonValue;
  } catch {
    return toJson(error);
  }
}
