import { encode } from '../../chains/solana/base58.ts';
import type { TransactionUpdate } from '../../chains/solana/updates.ts';
import type {
  AccountData,
  ProgramLogData,
  SolanaEventData,
  TransactionData,
} from '../../feed/events/feed-event.ts';
import { instructionProblem, walkInstructions } from '../instructions/instructions-of.ts';
import type { Parser } from '../pipeline.ts';

type Own<Data extends SolanaEventData> = Omit<Data, keyof SolanaEventData>;

/** What is put into the feed as it is, without a parser of the program. */
export type GatheredValue =
  | { readonly gathered: 'program_log'; readonly subject: string; readonly data: Own<ProgramLogData> }
  | { readonly gathered: 'transaction'; readonly subject: string; readonly data: Own<TransactionData> }
  | { readonly gathered: 'account'; readonly subject: string; readonly data: Own<AccountData> };

/** What a program logged, and the transaction, of each in which it was invoked. @param program base58 */
export function programGatherer(program: string): Parser<GatheredValue> {
  return {
    id: 'gather_program',
    parse(input) {
      if (input.kind !== 'transaction') return { kind: 'filtered' };
      const message = instructionProblem(input);
      if (message !== undefined) return { kind: 'error', message };
      const invocations = walkInstructions(input).filter(
        instruction => encode(instruction.program) === program,
      );
      // It is named without being invoked.
      if (invocations.length === 0) return { kind: 'filtered' };
      const log: Own<ProgramLogData> = {
        program,
        failed: input.isFailed,
        invocations: invocations.map(({ path, logs }) => ({ path: path.join('.'), lines: logs ?? null })),
      };
      return {
        kind: 'parsed',
        values: [
          { gathered: 'program_log', subject: program, data: log },
          { gathered: 'transaction', subject: program, data: transactionData(input, program) },
        ],
      };
    },
  };
}

/** What is written to accounts. */
export const accountGatherer: Parser<GatheredValue> = {
  id: 'gather_account',
  parse(input) {
    if (input.kind !== 'account') return { kind: 'filtered' };
    const pubkey = encode(input.pubkey);
    const data: Own<AccountData> = {
      pubkey,
      owner: encode(input.owner),
      lamports: String(input.lamports),
      data: Buffer.from(input.data).toString('base64'),
      executable: input.isExecutable,
      writeVersion: String(input.writeVersion),
    };
    return { kind: 'parsed', values: [{ gathered: 'account', subject: pubkey, data }] };
  },
};

function transactionData(update: TransactionUpdate, program: string): Own<TransactionData> {
  return {
    index: update.index ?? null,
    program,
    failed: update.isFailed,
    fee: update.fee,
    computeUnits: update.computeUnits ?? null,
    accounts: update.accountKeys.map(encode),
    instructions: walkInstructions(update).map(instruction => ({
      path: instruction.path.join('.'),
      program: encode(instruction.program),
      accounts: instruction.accounts.map(encode),
      data: Buffer.from(instruction.data).toString('base64'),
    })),
    logs: update.logs ?? null,
  };
}
