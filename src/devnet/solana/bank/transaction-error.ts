import type { TransactionErrorJson } from './bank-events.ts';
import { instructionErrors, transactionErrors } from './error-tables.ts';

/** Turns litesvm's error of a transaction into the JSON form that Agave's RPC has. */
export function transactionErrorJson(error: unknown): TransactionErrorJson {
  if (typeof error === 'number') return transactionErrors.nameFromLitesvm(error) ?? 'SanitizeFailure';
  const name = nameOf(error, 'TransactionError');
  const fields = error as ErrorFields;
  if (name === 'InstructionError')
    return { InstructionError: [fields.index, instructionErrorJson(fields.err())] };
  if (name === 'DuplicateInstruction') return { DuplicateInstruction: fields.index };
  return { [name]: { account_index: fields.accountIndex } };
}

function instructionErrorJson(error: unknown): unknown {
  if (typeof error === 'number') return instructionErrors.nameFromLitesvm(error) ?? 'GenericError';
  const { code, msg = '' } = error as ErrorFields;
  return nameOf(error, 'InstructionError') === 'Custom' ? { Custom: code } : { BorshIoError: msg };
}

/** What Agave prints for errors that a client may see in a refusal; others are printed as their name. */
export function transactionErrorText(error: TransactionErrorJson): string {
  if (typeof error === 'string') return texts[error] ?? error;
  const [index, cause] = (error.InstructionError ?? []) as [number?, unknown?];
  if (index === undefined) return Object.keys(error)[0] ?? 'error';
  const custom = (cause as { readonly Custom?: number } | undefined)?.Custom;
  const text =
    typeof cause === 'string'
      ? (instructionTexts[cause] ?? words(cause))
      : custom === undefined
        ? 'error'
        : `custom program error: 0x${custom.toString(16)}`;
  return `Error processing Instruction ${index}: ${text}`;
}

interface ErrorFields {
  readonly index: number;
  readonly accountIndex: number;
  readonly code: number;
  readonly msg?: string;
  err(): unknown;
}

/** The variant is in the name of litesvm's class. */
function nameOf(error: unknown, prefix: string): string {
  const name = (error as object).constructor.name;
  return name.startsWith(prefix) ? name.slice(prefix.length) : name;
}

function words(name: string): string {
  return name.replace(/(?<!^)[A-Z]/g, letter => ` ${letter}`).toLowerCase();
}

const texts: Readonly<Record<string, string>> = {
  AccountNotFound: 'Attempt to debit an account but found no record of a prior credit.',
  ProgramAccountNotFound: 'Attempt to load a program that does not exist',
  InsufficientFundsForFee: 'Insufficient funds for fee',
  InvalidAccountForFee: 'This account may not be used to pay transaction fees',
  AlreadyProcessed: 'This transaction has already been processed',
  BlockhashNotFound: 'Blockhash not found',
  SignatureFailure: 'Transaction did not pass signature verification',
  InvalidProgramForExecution: 'This program may not be used for executing instructions',
  SanitizeFailure: 'Transaction failed to sanitize accounts offsets correctly',
  AddressLookupTableNotFound: "Transaction loads an address table account that doesn't exist",
};

const instructionTexts: Readonly<Record<string, string>> = {
  InvalidArgument: 'invalid program argument',
  InsufficientFunds: 'insufficient funds for instruction',
  IncorrectProgramId: 'incorrect program id for instruction',
  MissingRequiredSignature: 'missing required signature for instruction',
  NotEnoughAccountKeys: 'insufficient account keys for instruction',
  ComputationalBudgetExceeded: 'Computational budget exceeded',
  ProgramFailedToComplete: 'Program failed to complete',
};
