import type { TransactionErrorJson } from '../bank/bank-events.ts';

/**
 * A transaction's error as Agave keeps it: bincode of `TransactionError`, a variant's number in 32 bits and its fields
 * behind it. https://github.com/anza-xyz/solana-sdk/blob/master/transaction-error/src/lib.rs
 */
export function wireError(error: TransactionErrorJson): Buffer {
  if (typeof error === 'string') return variant(transactionErrors.indexOf(error));
  const [name = '', value] = Object.entries(error)[0] ?? [];
  const number = variant(transactionErrors.indexOf(name));
  if (name !== 'InstructionError') return Buffer.concat([number, Buffer.from([firstNumber(value)])]);
  const [index, cause] = value as [number, unknown];
  return Buffer.concat([number, Buffer.from([index]), instructionError(cause)]);
}

function instructionError(cause: unknown): Buffer {
  if (typeof cause === 'string') return variant(instructionErrors.indexOf(cause));
  const [name = '', value] = Object.entries(cause as object)[0] ?? [];
  const number = variant(instructionErrors.indexOf(name));
  if (name === 'Custom') return Buffer.concat([number, uint32(Number(value))]);
  const text = Buffer.from(String(value));
  return Buffer.concat([number, uint32(text.length), uint32(0), text]);
}

/** The one field of errors that have one: an index, bare or named. */
function firstNumber(value: unknown): number {
  return typeof value === 'number' ? value : Number(Object.values(value as object)[0]);
}

/** An error without a number of its own is told as the first one. */
function variant(index: number): Buffer {
  return uint32(Math.max(index, 0));
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

const transactionErrors: readonly string[] = [
  'AccountInUse',
  'AccountLoadedTwice',
  'AccountNotFound',
  'ProgramAccountNotFound',
  'InsufficientFundsForFee',
  'InvalidAccountForFee',
  'AlreadyProcessed',
  'BlockhashNotFound',
  'InstructionError',
  'CallChainTooDeep',
  'MissingSignatureForFee',
  'InvalidAccountIndex',
  'SignatureFailure',
  'InvalidProgramForExecution',
  'SanitizeFailure',
  'ClusterMaintenance',
  'AccountBorrowOutstanding',
  'WouldExceedMaxBlockCostLimit',
  'UnsupportedVersion',
  'InvalidWritableAccount',
  'WouldExceedMaxAccountCostLimit',
  'WouldExceedAccountDataBlockLimit',
  'TooManyAccountLocks',
  'AddressLookupTableNotFound',
  'InvalidAddressLookupTableOwner',
  'InvalidAddressLookupTableData',
  'InvalidAddressLookupTableIndex',
  'InvalidRentPayingAccount',
  'WouldExceedMaxVoteCostLimit',
  'WouldExceedAccountDataTotalLimit',
  'DuplicateInstruction',
  'InsufficientFundsForRent',
  'MaxLoadedAccountsDataSizeExceeded',
  'InvalidLoadedAccountsDataSizeLimit',
  'ResanitizationNeeded',
  'ProgramExecutionTemporarilyRestricted',
  'UnbalancedTransaction',
  'ProgramCacheHitMaxLimit',
  'CommitCancelled',
];

const instructionErrors: readonly string[] = [
  'GenericError',
  'InvalidArgument',
  'InvalidInstructionData',
  'InvalidAccountData',
  'AccountDataTooSmall',
  'InsufficientFunds',
  'IncorrectProgramId',
  'MissingRequiredSignature',
  'AccountAlreadyInitialized',
  'UninitializedAccount',
  'UnbalancedInstruction',
  'ModifiedProgramId',
  'ExternalAccountLamportSpend',
  'ExternalAccountDataModified',
  'ReadonlyLamportChange',
  'ReadonlyDataModified',
  'DuplicateAccountIndex',
  'ExecutableModified',
  'RentEpochModified',
  'NotEnoughAccountKeys',
  'AccountDataSizeChanged',
  'AccountNotExecutable',
  'AccountBorrowFailed',
  'AccountBorrowOutstanding',
  'DuplicateAccountOutOfSync',
  'Custom',
  'InvalidError',
  'ExecutableDataModified',
  'ExecutableLamportChange',
  'ExecutableAccountNotRentExempt',
  'UnsupportedProgramId',
  'CallDepth',
  'MissingAccount',
  'ReentrancyNotAllowed',
  'MaxSeedLengthExceeded',
  'InvalidSeeds',
  'InvalidRealloc',
  'ComputationalBudgetExceeded',
  'PrivilegeEscalation',
  'ProgramEnvironmentSetupFailure',
  'ProgramFailedToComplete',
  'ProgramFailedToCompile',
  'Immutable',
  'IncorrectAuthority',
  'BorshIoError',
  'AccountNotRentExempt',
  'InvalidAccountOwner',
  'ArithmeticOverflow',
  'UnsupportedSysvar',
  'IllegalOwner',
  'MaxAccountsDataAllocationsExceeded',
  'MaxAccountsExceeded',
  'MaxInstructionTraceLengthExceeded',
  'BuiltinProgramsMustConsumeComputeUnits',
];
