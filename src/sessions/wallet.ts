import type { Keypair } from '@solana/web3.js';
import type { Clock, TimerHandle } from '../clock/clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { SessionChain } from './session-chain.ts';
import { unlessStopped } from './waits.ts';

export interface WalletOptions {
  /** Lamports below which it warns. */
  readonly lowBalance: number;
  /** Milliseconds between looks at the balance. */
  readonly balanceIntervalMs: number;
  /** The chain is an embedded one: it is asked for lamports when the balance is low. */
  readonly isEmbedded: boolean;
}

export interface WalletDependencies {
  readonly chain: SessionChain;
  readonly clock: Clock;
  readonly log: Log;
}

/** What an embedded chain gives at once: 1,000 SOL. */
const airdropLamports = 1_000_000_000_000;
/** Until they are confirmed, on a chain of the usual block time. */
const airdropMs = 2_000;

/** The key that pays, and what it has. */
export class Wallet {
  readonly keypair: Keypair;
  /** Base58. */
  readonly address: string;
  readonly #options: WalletOptions;
  readonly #deps: WalletDependencies;
  /** Creations that wait for lamports, and how many they need. */
  readonly #waiting = new Set<{ readonly lamports: number; readonly resolve: () => void }>();
  #balance: number | undefined;
  #isLow = false;
  #timer: TimerHandle | undefined;

  constructor(keypair: Keypair, options: WalletOptions, deps: WalletDependencies) {
    this.keypair = keypair;
    this.address = keypair.publicKey.toBase58();
    this.#options = options;
    this.#deps = deps;
  }

  /** Lamports, as they were looked up last; undefined: not yet. */
  get balance(): number | undefined {
    return this.#balance;
  }

  get isLow(): boolean {
    return this.#isLow;
  }

  /** Creations that wait for lamports. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Looks the balance up now and then, until `signal` is aborted. */
  start(signal: AbortSignal): void {
    const { clock } = this.#deps;
    this.#timer = clock.setInterval(() => void this.#watch(signal), this.#options.balanceIntervalMs);
    signal.addEventListener('abort', () => clock.clearInterval(this.#timer), { once: true });
    void this.#watch(signal);
  }

  /** Looks the balance up. @throws as `ChainCalls.call` */
  async look(signal: AbortSignal): Promise<number> {
    const balance = await this.#deps.chain.balance(this.address, signal);
    this.#balance = balance;
    this.#judge(balance);
    for (const waiter of this.#waiting) if (balance >= waiter.lamports) waiter.resolve();
    return balance;
  }

  /** Resolves as soon as it has so many lamports. @throws SessionError `session_stopped` */
  async untilFunded(lamports: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter = { lamports, resolve };
    if (this.#waiting.size === 0)
      this.#deps.log.error('the wallet is empty: sessions wait until it has lamports again', {
        wallet: this.address,
        balance: this.#balance,
        needed: lamports,
      });
    this.#waiting.add(waiter);
    try {
      await unlessStopped(promise, signal);
    } finally {
      this.#waiting.delete(waiter);
    }
  }

  async #watch(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { chain, clock, log } = this.#deps;
    try {
      const balance = await this.look(signal);
      if (!this.#options.isEmbedded || balance >= Math.max(this.#options.lowBalance, 1)) return;
      await chain.airdrop(this.address, airdropLamports, signal);
      log.info('asked the embedded chain for lamports', { wallet: this.address });
      clock.setTimeout(() => void this.#watch(signal), airdropMs);
    } catch (error) {
      if (!signal.aborted) log.debug('the balance could not be looked up', { error });
    }
  }

  #judge(balance: number): void {
    const isLow = balance < this.#options.lowBalance;
    if (isLow === this.#isLow) return;
    this.#isLow = isLow;
    const fields = { wallet: this.address, balance, lowBalance: this.#options.lowBalance };
    if (isLow) this.#deps.log.warn('the balance of the wallet is low', fields);
    else this.#deps.log.info('the balance of the wallet is well again', fields);
  }
}
