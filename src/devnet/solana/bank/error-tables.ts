/** An error that Agave numbers, by its name, and the number that litesvm has for it. */
type NumberedError = readonly [name: string, litesvm?: number];

/** Names and numbers of one kind of error. */
class ErrorTable {
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #fromLitesvm: ReadonlyMap<number, string>;

  /** @param errors in the order in which Agave numbers them; litesvm numbers those that have no fields */
  constructor(errors: readonly NumberedError[]) {
    this.#numbers = new Map(errors.map(([name], number) => [name, number]));
    this.#fromLitesvm = new Map(
      errors.flatMap(([name, litesvm]) => (litesvm === undefined ? [] : [[litesvm, name]])),
    );
  }

  /** Agave's number, as bincode has it; undefined: it has no such error. */
  number(name: string): number | undefined {
    return this.#numbers.get(name);
  }

  /** The name of what litesvm tells by a number alone. */
  nameFromLitesvm(number: number): string | undefined {
    return this.#fromLitesvm.get(number);
  }
}

/** Why a transaction fails. https://github.com/anza-xyz/solana-sdk/blob/master/transaction-error/src/lib.rs */
export const transactionErrors = new ErrorTable([
  ['AccountInUse', 0],
  ['AccountLoadedTwice', 1],
  ['AccountNotFound', 2],
  ['ProgramAccountNotFound', 3],
  ['InsufficientFundsForFee', 4],
  ['InvalidAccountForFee', 5],
  ['AlreadyProcessed', 6],
  ['BlockhashNotFound', 7],
  ['InstructionError'],
  ['CallChainTooDeep', 8],
  ['MissingSignatureForFee', 9],
  ['InvalidAccountIndex', 10],
  ['SignatureFailure', 11],
  ['InvalidProgramForExecution', 12],
  ['SanitizeFailure', 13],
  ['ClusterMaintenance', 14],
  ['AccountBorrowOutstanding', 15],
  ['WouldExceedMaxBlockCostLimit', 16],
  ['UnsupportedVersion', 17],
  ['InvalidWritableAccount', 18],
  ['WouldExceedMaxAccountCostLimit', 19],
  ['WouldExceedAccountDataBlockLimit', 20],
  ['TooManyAccountLocks', 21],
  ['AddressLookupTableNotFound', 22],
  ['InvalidAddressLookupTableOwner', 23],
  ['InvalidAddressLookupTableData', 24],
  ['InvalidAddressLookupTableIndex', 25],
  ['InvalidRentPayingAccount', 26],
  ['WouldExceedMaxVoteCostLimit', 27],
  ['WouldExceedAccountDataTotalLimit', 28],
  ['DuplicateInstruction'],
  ['InsufficientFundsForRent'],
  ['MaxLoadedAccountsDataSizeExceeded', 29],
  ['InvalidLoadedAccountsDataSizeLimit', 31],
  ['ResanitizationNeeded', 30],
  ['ProgramExecutionTemporarilyRestricted'],
  ['UnbalancedTransaction', 32],
  ['ProgramCacheHitMaxLimit', 33],
  ['CommitCancelled', 34],
]);

/** Why an instruction fails. https://github.com/anza-xyz/solana-sdk/blob/master/instruction-error/src/lib.rs */
export const instructionErrors = new ErrorTable([
  ['GenericError', 0],
  ['InvalidArgument', 1],
  ['InvalidInstructionData', 2],
  ['InvalidAccountData', 3],
  ['AccountDataTooSmall', 4],
  ['InsufficientFunds', 5],
  ['IncorrectProgramId', 6],
  ['MissingRequiredSignature', 7],
  ['AccountAlreadyInitialized', 8],
  ['UninitializedAccount', 9],
  ['UnbalancedInstruction', 10],
  ['ModifiedProgramId', 11],
  ['ExternalAccountLamportSpend', 12],
  ['ExternalAccountDataModified', 13],
  ['ReadonlyLamportChange', 14],
  ['ReadonlyDataModified', 15],
  ['DuplicateAccountIndex', 16],
  ['ExecutableModified', 17],
  ['RentEpochModified', 18],
  ['NotEnoughAccountKeys', 19],
  ['AccountDataSizeChanged', 20],
  ['AccountNotExecutable', 21],
  ['AccountBorrowFailed', 22],
  ['AccountBorrowOutstanding', 23],
  ['DuplicateAccountOutOfSync', 24],
  ['Custom'],
  ['InvalidError', 25],
  ['ExecutableDataModified', 26],
  ['ExecutableLamportChange', 27],
  ['ExecutableAccountNotRentExempt', 28],
  ['UnsupportedProgramId', 29],
  ['CallDepth', 30],
  ['MissingAccount', 31],
  ['ReentrancyNotAllowed', 32],
  ['MaxSeedLengthExceeded', 33],
  ['InvalidSeeds', 34],
  ['InvalidRealloc', 35],
  ['ComputationalBudgetExceeded', 36],
  ['PrivilegeEscalation', 37],
  ['ProgramEnvironmentSetupFailure', 38],
  ['ProgramFailedToComplete', 39],
  ['ProgramFailedToCompile', 40],
  ['Immutable', 41],
  ['IncorrectAuthority', 42],
  ['BorshIoError', 52],
  ['AccountNotRentExempt', 43],
  ['InvalidAccountOwner', 44],
  ['ArithmeticOverflow', 45],
  ['UnsupportedSysvar', 46],
  ['IllegalOwner', 47],
  ['MaxAccountsDataAllocationsExceeded', 48],
  ['MaxAccountsExceeded', 49],
  ['MaxInstructionTraceLengthExceeded', 50],
  ['BuiltinProgramsMustConsumeComputeUnits', 51],
]);
