import { createHash, randomBytes } from 'node:crypto';
import {
  ComputeBudgetProgram,
  type PublicKey,
  SystemProgram,
  TransactionMessage,
  VersionedTransaction,
} from '@solana/web3.js';
import { decode, encode } from '../../../chains/solana/base58.ts';
import type { Commitment } from '../../../chains/solana/commitment.ts';
import type { Clock, TimerHandle } from '../../../clock/clock.ts';
import type { Log } from '../../../telemetry/log.ts';
import { devnetKeypair, faucetKeypair, solanaGenesis } from '../well-known.ts';
import { AccountIndex } from './account-index.ts';
import { AccountJournal } from './account-journal.ts';
import type {
  BankBlock,
  BankHistory,
  BankListener,
  BankTransaction,
  TransactionErrorJson,
} from './bank-events.ts';
import { type BankOptions, type FilledBankOptions, fillBankOptions } from './bank-options.ts';
import { type DecodedTransaction, decodeTransaction } from './decode-transaction.ts';
import { executeTransaction, hasValidNonce, isForbidden } from './executor.ts';
import { Ledger } from './ledger.ts';
import { type AccountState, Svm, type SvmOutcome } from './svm.ts';

/** What became of a transaction: it is in the open block, or it was not charged and is in none. */
export type Submission =
  | { readonly kind: 'executed'; readonly transaction: BankTransaction }
  | { readonly kind: 'refused'; readonly error: TransactionErrorJson; readonly logs: readonly string[] }
  | { readonly kind: 'full' };

const lamportsPerSol = 1_000_000_000n;
/** All that litesvm's numbers hold exactly; a thousand times what anybody asks for. */
const faucetLamports = 5_000_000n * lamportsPerSol;

/**
 * A Solana chain in memory: real execution over litesvm, simulated consensus.
 *
 * Transactions are executed into the open slot as they come. Every block time it is closed, and older ones become
 * confirmed and finalized by their distance to it. There are no votes and no other validators: a fork is what
 * `fork` makes.
 */
export class Bank implements BankHistory {
  readonly genesisHash: string;
  readonly ledger: Ledger;
  readonly #options: FilledBankOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #svm = new Svm();
  readonly #journal = new AccountJournal();
  readonly #index = new AccountIndex();
  readonly #listeners = new Set<BankListener>();
  readonly #faucet = faucetKeypair();
  /** Makes blockhashes differ from one start to the next, as nothing of the last chain is left. */
  readonly #salt = randomBytes(32);
  #open: BankTransaction[] = [];
  #openSlot = 1;
  #writeVersion = 0n;
  #airdrops = 0;
  /** Of closed blocks. */
  #transactions = 0;
  #sinceFork = 0;
  #timer: TimerHandle | undefined;

  constructor(options: BankOptions, deps: { readonly clock: Clock; readonly log: Log }) {
    this.#options = fillBankOptions(options);
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.genesisHash = solanaGenesis(options.chain);
    const genesis: BankBlock = {
      slot: 0,
      parentSlot: 0,
      blockhash: this.genesisHash,
      parentBlockhash: encode(new Uint8Array(32)),
      blockTime: this.#unixSeconds(),
      blockHeight: 0,
      transactionCount: 0,
      transactions: [],
    };
    this.ledger = new Ledger(genesis, this.#options);
    this.#fund(this.#faucet.publicKey, faucetLamports);
    const lamports = BigInt(Math.round(this.#options.balance * Number(lamportsPerSol)));
    for (let index = 0; index < this.#options.accounts; index++)
      this.#fund(devnetKeypair(index).publicKey, lamports);
    for (const { id, elf } of this.#options.programs) {
      this.#svm.addProgram(id, elf);
      const program = this.#svm.account(id.toBytes());
      if (program !== undefined) this.#index.set(id.toBase58(), program.owner);
    }
    this.#beginSlot(1);
  }

  /** Closes a block every block time from now on. */
  start(): void {
    this.#timer ??= this.#clock.setInterval(() => this.closeSlot(), this.#options.blockTimeMs);
  }

  stop(): void {
    this.#clock.clearInterval(this.#timer);
    this.#timer = undefined;
  }

  get openSlot(): number {
    return this.#openSlot;
  }

  get firstAvailableSlot(): number {
    return this.ledger.history.blocks[0]?.slot ?? 0;
  }

  slotAt(commitment: Commitment): number {
    return this.ledger.at(commitment).slot;
  }

  blockAt(commitment: Commitment): BankBlock {
    return this.ledger.at(commitment);
  }

  block(slot: number): BankBlock | undefined {
    return this.ledger.history.get(slot);
  }

  isBlockhashValid(blockhash: string, commitment: Commitment): boolean {
    const slot = this.ledger.blockhashes.slotOf(blockhash);
    return slot !== undefined && slot <= this.slotAt(commitment);
  }

  /** Transactions of the chain up to a slot that is still kept. */
  transactionCount(slot: number): number {
    let count = this.#transactions;
    for (const block of this.ledger.history.blocks) if (block.slot > slot) count -= block.transactionCount;
    return count;
  }

  /** An account, by base58 key, as it was at the end of a slot, or as it is now; slots before the finalized one are no longer known. */
  account(name: string, slot?: number): AccountState | undefined {
    const older = slot === undefined ? undefined : this.#journal.at(name, slot);
    if (older !== undefined) return older.state;
    const key = decode(name);
    return key?.length === 32 ? this.#svm.account(key) : undefined;
  }

  /** Base58 keys of accounts that may have this owner, or of all. */
  candidates(owner?: string): Iterable<string> {
    return this.#index.candidates(owner);
  }

  *accounts(owner?: string): Iterable<AccountState & { readonly pubkey: Uint8Array }> {
    for (const name of this.#index.candidates(owner)) {
      const pubkey = decode(name) as Uint8Array;
      const state = this.#svm.account(pubkey);
      if (state !== undefined && (owner === undefined || encode(state.owner) === owner))
        yield { ...state, pubkey };
    }
  }

  listen(listener: BankListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  minimumBalance(bytes: number): bigint {
    return this.#svm.minimumBalance(bytes);
  }

  /** Executes a transaction into the open slot. */
  submit(decoded: DecodedTransaction): Submission {
    const { blockhashes } = this.ledger;
    const { recentBlockhash, signatures } = decoded;
    const signature = signatures[0] as Uint8Array;
    if (this.#index.size >= this.#options.maxAccounts) return { kind: 'full' };
    const problem = this.#problem(decoded);
    if (problem !== undefined) return { kind: 'refused', error: problem, logs: [] };
    const execution = executeTransaction(this.#svm, decoded);
    if (execution.kind === 'refused') return execution;
    const slot = this.#openSlot;
    const writes = execution.transaction.writes.map(write => ({
      ...write,
      slot,
      writeVersion: ++this.#writeVersion,
    }));
    const transaction: BankTransaction = { ...execution.transaction, slot, index: this.#open.length, writes };
    for (const [index, { pubkey, owner }] of writes.entries()) {
      const name = encode(pubkey);
      this.#journal.record(slot, name, pubkey, execution.before[index]);
      this.#index.set(name, owner);
    }
    blockhashes.use(recentBlockhash, signature);
    this.#open.push(transaction);
    this.#tell(listener => listener.onTransaction?.(transaction));
    if (this.#open.length >= this.#options.maxBlockTransactions) this.closeSlot();
    return { kind: 'executed', transaction };
  }

  /** Runs a transaction without keeping its effects; the blockhash is checked unless `replacesBlockhash`. */
  simulate(
    decoded: DecodedTransaction,
    options: { readonly checkSignatures: boolean; readonly replacesBlockhash: boolean },
  ): { readonly outcome: SvmOutcome; readonly accounts: ReadonlyMap<string, AccountState> } {
    const found = this.#problem(decoded);
    const isExcused = options.replacesBlockhash && found === 'BlockhashNotFound';
    if (found === undefined || isExcused) return this.#svm.simulate(decoded, options.checkSignatures);
    const outcome: SvmOutcome = {
      error: found,
      logs: [],
      inner: [],
      computeUnits: 0,
      fee: 0,
      returnData: undefined,
    };
    return { outcome, accounts: new Map() };
  }

  /** Gives an account lamports out of the faucet, by a transaction like all others. */
  airdrop(to: PublicKey, lamports: bigint): Submission {
    // Equal airdrops of one block differ by their limit of compute units, as their signatures must.
    const units = 10_000 + (this.#airdrops++ % 1_000_000);
    const message = new TransactionMessage({
      payerKey: this.#faucet.publicKey,
      recentBlockhash: this.blockAt('processed').blockhash,
      instructions: [
        ComputeBudgetProgram.setComputeUnitLimit({ units }),
        SystemProgram.transfer({ fromPubkey: this.#faucet.publicKey, toPubkey: to, lamports }),
      ],
    }).compileToLegacyMessage();
    const transaction = new VersionedTransaction(message);
    transaction.sign([this.#faucet]);
    return this.submit(decodeTransaction(transaction.serialize()) as DecodedTransaction);
  }

  /** Closes the open slot into a block and opens the next. */
  closeSlot(): void {
    this.#close();
    this.#beginSlot(this.#openSlot + 1);
    const { forkEvery } = this.#options;
    if (forkEvery === 0 || ++this.#sinceFork < forkEvery) return;
    this.#sinceFork = 0;
    this.fork(1);
  }

  /** Closes the open slot and leaves out the `count` slots after it. */
  skip(count: number): void {
    this.#close();
    this.#beginSlot(this.#openSlot + 1 + count);
  }

  /**
   * Closes the open slot, then abandons the newest `depth` slots, at most those that are not confirmed. Their effects
   * are undone, and their transactions are executed again in the next slot unless `drop` is set; those that name
   * an abandoned blockhash cannot be.
   *
   * @returns the dead slots, newest first
   */
  fork(depth: number, options: { readonly drop?: boolean } = {}): number[] {
    this.#close();
    const dead: BankBlock[] = [];
    while (dead.length < depth && this.ledger.unconfirmed > 0) dead.push(this.#abandonTip());
    for (const { slot, parentSlot } of dead)
      this.#tell(listener => listener.onSlot?.({ kind: 'slot', slot, parent: parentSlot, status: 'dead' }));
    this.#beginSlot(this.#openSlot + 1);
    if (options.drop === true) return dead.map(({ slot }) => slot);
    for (const { transactions } of dead.toReversed())
      for (const { wire } of transactions) this.submit(decodeTransaction(wire) as DecodedTransaction);
    return dead.map(({ slot }) => slot);
  }

  /** Why a transaction may not be executed now, as far as the bank can tell without executing it. */
  #problem(decoded: DecodedTransaction): TransactionErrorJson | undefined {
    const { blockhashes } = this.ledger;
    const { recentBlockhash, signatures } = decoded;
    if (isForbidden(decoded)) return 'InvalidProgramForExecution';
    if (blockhashes.hasUsed(recentBlockhash, signatures[0] as Uint8Array)) return 'AlreadyProcessed';
    const isRecent = blockhashes.slotOf(recentBlockhash) !== undefined;
    return isRecent || hasValidNonce(this.#svm, decoded) ? undefined : 'BlockhashNotFound';
  }

  #close(): void {
    const parent = this.ledger.at('processed');
    const transactions = this.#open;
    this.#open = [];
    const hash = createHash('sha256').update(this.#salt).update(`${this.#openSlot} ${parent.blockhash}`);
    for (const { signature } of transactions) hash.update(signature);
    const block: BankBlock = {
      slot: this.#openSlot,
      parentSlot: parent.slot,
      blockhash: encode(hash.digest()),
      parentBlockhash: parent.blockhash,
      blockTime: this.#unixSeconds(),
      blockHeight: parent.blockHeight + 1,
      transactionCount: transactions.length,
      transactions,
    };
    this.#transactions += transactions.length;
    const reached = this.ledger.add(block);
    this.#tell(listener => listener.onBlock?.(block));
    for (const { block: each, status } of reached) {
      const { slot, parentSlot } = each;
      this.#tell(listener => listener.onSlot?.({ kind: 'slot', slot, parent: parentSlot, status }));
    }
    for (const name of this.#journal.prune(this.slotAt('finalized') - maxLag))
      this.#index.settle(name, this.account(name) !== undefined);
  }

  #abandonTip(): BankBlock {
    const dead = this.ledger.abandonTip();
    this.#transactions -= dead.transactionCount;
    for (const { name, key, before } of this.#journal.undo(dead.slot)) {
      // litesvm goes on running a program that it has loaded, and aborts if the account is gone.
      if (this.#svm.account(key)?.isExecutable === true && before === undefined) continue;
      this.#svm.setAccount(key, before);
      if (before !== undefined) this.#index.set(name, before.owner);
    }
    for (const { recentBlockhash, signature } of dead.transactions)
      this.ledger.blockhashes.release(encode(recentBlockhash), signature);
    return dead;
  }

  #beginSlot(slot: number): void {
    this.#openSlot = slot;
    this.#svm.beginSlot(slot, this.#unixSeconds(), this.ledger.at('processed'));
  }

  #fund(key: PublicKey, lamports: bigint): void {
    const owner = SystemProgram.programId.toBytes();
    this.#svm.setAccount(key.toBytes(), {
      lamports,
      data: new Uint8Array(),
      owner,
      isExecutable: false,
      rentEpoch: 0n,
    });
    this.#index.set(key.toBase58(), owner);
  }

  #tell(how: (listener: BankListener) => void): void {
    for (const listener of [...this.#listeners]) {
      try {
        how(listener);
      } catch (error) {
        this.#log.error('a listener of the embedded chain failed', { error });
      }
    }
  }

  #unixSeconds(): number {
    return Math.floor(this.#clock.wallNow() / 1_000);
  }
}

/** Slots behind the finalized one whose state can still be read, by a provider that lags. */
export const maxLag = 300;
