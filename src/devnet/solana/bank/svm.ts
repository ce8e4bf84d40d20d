import { PublicKey } from '@solana/web3.js';
import {
  FailedTransactionMetadata,
  LiteSVM,
  SimulatedTransactionInfo,
  type TransactionMetadata,
} from 'litesvm';
import type { CompiledInnerInstruction } from '../../../chains/solana/updates.ts';
import type { TransactionErrorJson } from './bank-events.ts';
import type { DecodedTransaction } from './decode-transaction.ts';
import { transactionErrorJson } from './transaction-error.ts';

/** An account as it is stored. */
export interface AccountState {
  readonly lamports: bigint;
  readonly data: Uint8Array;
  /** 32 bytes. */
  readonly owner: Uint8Array;
  readonly isExecutable: boolean;
  readonly rentEpoch: bigint;
}

/** What came of running a transaction. */
export interface SvmOutcome {
  readonly error: TransactionErrorJson | undefined;
  readonly logs: readonly string[];
  readonly inner: readonly {
    readonly index: number;
    readonly instructions: readonly CompiledInnerInstruction[];
  }[];
  readonly computeUnits: number;
  /** Lamports; 0 when it was refused before it could be charged. */
  readonly fee: number;
  readonly returnData: { readonly program: Uint8Array; readonly data: Uint8Array } | undefined;
}

/** Slot hashes that programs see, for lookup tables above all; a validator keeps 512. */
const keptSlotHashes = 64;
/** Where a validator cuts the logs of a transaction. */
const maxLogBytes = 10_000n;
const maxU64 = 2n ** 64n - 1n;

/** The virtual machine: executes transactions on accounts in memory. It knows nothing of blocks. */
export class Svm {
  // Blockhashes and repeats are the bank's to check: litesvm knows the newest blockhash alone.
  readonly #svm = new LiteSVM()
    .withNativeMints()
    .withBlockhashCheck(false)
    .withTransactionHistory(0n)
    .withLogBytesLimit(maxLogBytes);

  account(key: Uint8Array): AccountState | undefined {
    const found = this.#svm.getAccount(new PublicKey(key));
    if (found === null) return undefined;
    const { rentEpoch = 0 } = found;
    return {
      // As a number it would lose digits beyond 9 million SOL.
      lamports: this.balance(key),
      data: found.data,
      owner: found.owner.toBytes(),
      isExecutable: found.executable,
      rentEpoch: rentEpoch > Number.MAX_SAFE_INTEGER ? maxU64 : BigInt(rentEpoch),
    };
  }

  /** Lamports; 0 where there is no account. */
  balance(key: Uint8Array): bigint {
    return this.#svm.getBalance(new PublicKey(key)) ?? 0n;
  }

  /** Writes an account past all rules; undefined removes it. */
  setAccount(key: Uint8Array, state: AccountState | undefined): void {
    this.#svm.setAccount(new PublicKey(key), {
      // Whatever its type says, it is given to BigInt, which takes this too and keeps all digits.
      lamports: (state?.lamports ?? 0n) as unknown as number,
      data: state?.data ?? new Uint8Array(),
      owner: state === undefined ? PublicKey.default : new PublicKey(state.owner),
      executable: state?.isExecutable ?? false,
      rentEpoch: 0,
    });
  }

  addProgram(id: PublicKey, elf: Uint8Array): void {
    this.#svm.addProgram(id, elf);
  }

  minimumBalance(bytes: number): bigint {
    return this.#svm.minimumBalanceForRentExemption(BigInt(bytes));
  }

  /** Sets what programs see of time: the clock and the hash of the parent block. */
  beginSlot(
    slot: number,
    unixSeconds: number,
    parent: { readonly slot: number; readonly blockhash: string },
  ): void {
    const clock = this.#svm.getClock();
    clock.slot = BigInt(slot);
    clock.unixTimestamp = BigInt(unixSeconds);
    this.#svm.setClock(clock);
    this.#svm.expireBlockhash();
    // Its slot hashes cannot be constructed, so another copy of an existing one is filled in.
    const added = this.#svm.getSlotHashes()[0];
    if (added === undefined) return;
    added.slot = BigInt(parent.slot);
    added.hash = parent.blockhash;
    const older = this.#svm.getSlotHashes().filter(hash => hash.slot < parent.slot);
    this.#svm.setSlotHashes([added, ...older].slice(0, keptSlotHashes));
  }

  execute(decoded: DecodedTransaction): SvmOutcome {
    return outcomeOf(this.#svm.sendTransaction(decoded.transaction));
  }

  /** Runs a transaction without keeping its effects. */
  simulate(
    decoded: DecodedTransaction,
    checkSignatures: boolean,
  ): { readonly outcome: SvmOutcome; readonly accounts: ReadonlyMap<string, AccountState> } {
    this.#svm.withSigverify(checkSignatures);
    try {
      const result = this.#svm.simulateTransaction(decoded.transaction);
      if (!(result instanceof SimulatedTransactionInfo))
        return { outcome: outcomeOf(result), accounts: new Map() };
      const accounts = new Map<string, AccountState>();
      for (const [key, account] of result.postAccounts()) {
        accounts.set(key.toBase58(), {
          lamports: account.lamports(),
          data: account.data(),
          owner: account.owner(),
          isExecutable: account.executable(),
          rentEpoch: account.rentEpoch(),
        });
      }
      return { outcome: outcomeOf(result.meta()), accounts };
    } finally {
      this.#svm.withSigverify(true);
    }
  }
}

function outcomeOf(result: TransactionMetadata | FailedTransactionMetadata): SvmOutcome {
  const isFailed = result instanceof FailedTransactionMetadata;
  const meta = isFailed ? result.meta() : result;
  const inner = meta
    .innerInstructions()
    .map((instructions, index) => ({
      index,
      instructions: instructions.map(each => {
        const instruction = each.instruction();
        return {
          programIndex: instruction.programIdIndex(),
          accounts: instruction.accounts(),
          data: instruction.data(),
          stackHeight: each.stackHeight(),
        };
      }),
    }))
    .filter(({ instructions }) => instructions.length > 0);
  const returned = meta.returnData();
  return {
    error: isFailed ? transactionErrorJson(result.err()) : undefined,
    logs: meta.logs(),
    inner,
    computeUnits: Number(meta.computeUnitsConsumed()),
    // It stands at the end of the printed form and nowhere else.
    fee: Number(/fee: (\d+)[ })]*$/.exec(meta.toString())?.[1] ?? 0),
    returnData:
      returned.data().length === 0 ? undefined : { program: returned.programId(), data: returned.data() },
  };
}
