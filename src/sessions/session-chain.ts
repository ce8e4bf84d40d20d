import type { ChainCalls } from '../chains/chain-calls.ts';
import type { Commitment } from '../chains/solana/commitment.ts';
import { TrunklineError } from '../errors/trunkline-error.ts';
import { SessionError } from './errors.ts';
import { stopped, unlessStopped } from './waits.ts';

/** An account as the chain has it. */
export interface ChainAccount {
  /** Base58. */
  readonly owner: string;
  readonly lamports: number;
  /** Bytes of its data. */
  readonly size: number;
  /** The first 8 bytes of it, or all where there are fewer. */
  readonly head: Uint8Array;
}

/** What became of a transaction so far. */
export interface SignatureStatus {
  readonly slot: number;
  /** The commitment that it has. */
  readonly commitment: Commitment;
  /** As the chain says it; undefined: it was carried out. */
  readonly error: string | undefined;
}

/** Where the chain is at the configured commitment. */
export interface ChainPosition {
  readonly slot: number;
  readonly blockHeight: number;
}

/** The end of a simulation. */
export interface Simulation {
  /** Undefined: it would be carried out. */
  readonly error: string | undefined;
  /** The error is that the chain, or this provider, does not know the blockhash. */
  readonly isBlockhashUnknown: boolean;
}

const sendTimeoutMs = 10_000;
/** Sizes whose rent is kept. */
const maxRents = 1_000;

/** How long a call may take, and when it is given up. */
interface Patience {
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
}

/** The calls that the session builder makes, read and checked. All throw as `ChainCalls.call` does, or `session_answer_invalid`. */
export class SessionChain {
  readonly #calls: ChainCalls;
  readonly #commitment: Commitment;
  readonly #rents = new Map<string, number>();
  #isAnswered = true;
  #slot = 0;

  constructor(calls: ChainCalls, options: { readonly commitment: Commitment }) {
    this.#calls = calls;
    this.#commitment = options.commitment;
  }

  /** Whether the last call was answered. */
  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /** The newest slot that an answer named; 0: none. */
  get slot(): number {
    return this.#slot;
  }

  /** @param minSlot the answer has to know this slot */
  async account(address: string, minSlot: number, signal: AbortSignal): Promise<ChainAccount | undefined> {
    const config = {
      encoding: 'base64',
      dataSlice: { offset: 0, length: 8 },
      commitment: this.#commitment,
      ...(minSlot > 0 ? { minContextSlot: minSlot } : {}),
    };
    const value = await this.#value('getAccountInfo', [address, config], { signal });
    if (value === null) return undefined;
    const { owner, lamports, space, data } = fields(value);
    const text = Array.isArray(data) ? (data as unknown[])[0] : undefined;
    if (typeof owner !== 'string' || typeof text !== 'string') throw unreadable('getAccountInfo');
    return {
      owner,
      lamports: numberOf('getAccountInfo', lamports),
      size: numberOf('getAccountInfo', space),
      head: Buffer.from(text, 'base64'),
    };
  }

  /** Lamports that an account of this size needs for good. */
  async rent(size: bigint, signal: AbortSignal): Promise<number> {
    const known = this.#rents.get(`${size}`);
    if (known !== undefined) return known;
    const method = 'getMinimumBalanceForRentExemption';
    const rent = numberOf(method, await this.#call(method, [Number(size)], { signal }));
    if (this.#rents.size >= maxRents) this.#rents.clear();
    this.#rents.set(`${size}`, rent);
    return rent;
  }

  /** Has the rent of a size looked up again: the answer may have been wrong. */
  forgetRent(size: bigint): void {
    this.#rents.delete(`${size}`);
  }

  async blockhash(
    signal: AbortSignal,
  ): Promise<{ readonly blockhash: string; readonly lastValidBlockHeight: number }> {
    const method = 'getLatestBlockhash';
    const value = fields(await this.#value(method, [{ commitment: this.#commitment }], { signal }));
    if (typeof value.blockhash !== 'string') throw unreadable(method);
    return {
      blockhash: value.blockhash,
      lastValidBlockHeight: numberOf(method, value.lastValidBlockHeight),
    };
  }

  /** @param bytes a signed transaction in base64 */
  async simulate(bytes: string, signal: AbortSignal): Promise<Simulation> {
    const config = { encoding: 'base64', sigVerify: true, commitment: this.#commitment };
    const { err, logs } = fields(await this.#value('simulateTransaction', [bytes, config], { signal }));
    if (err === null || err === undefined) return { error: undefined, isBlockhashUnknown: false };
    return { error: errorText(err, logs), isBlockhashUnknown: err === 'BlockhashNotFound' };
  }

  /** Sends the bytes; that this resolves says nothing about what becomes of them, and a rejection neither. */
  async send(bytes: string, signal: AbortSignal): Promise<void> {
    // It was simulated: a second look by the node could refuse what another node has let pass.
    const config = { encoding: 'base64', skipPreflight: true, maxRetries: 0 };
    await this.#call('sendTransaction', [bytes, config], { signal, timeoutMs: sendTimeoutMs });
  }

  /** In the order of the signatures, at most 256; undefined: not known as of `slot`. */
  async statuses(
    signatures: readonly string[],
    options: { readonly isHistorySearched: boolean; readonly signal: AbortSignal },
  ): Promise<{ readonly slot: number; readonly statuses: readonly (SignatureStatus | undefined)[] }> {
    const method = 'getSignatureStatuses';
    const config = { searchTransactionHistory: options.isHistorySearched };
    const answer = fields(await this.#call(method, [signatures, config], { signal: options.signal }));
    const { value } = answer;
    if (!Array.isArray(value) || value.length !== signatures.length) throw unreadable(method);
    return { slot: this.#contextSlot(method, answer), statuses: value.map(statusOf) };
  }

  async position(signal: AbortSignal): Promise<ChainPosition> {
    const method = 'getEpochInfo';
    const answer = fields(await this.#call(method, [{ commitment: this.#commitment }], { signal }));
    const slot = numberOf(method, answer.absoluteSlot);
    this.#slot = Math.max(this.#slot, slot);
    return { slot, blockHeight: numberOf(method, answer.blockHeight) };
  }

  async balance(address: string, signal: AbortSignal): Promise<number> {
    const value = await this.#value('getBalance', [address, { commitment: this.#commitment }], { signal });
    return numberOf('getBalance', value);
  }

  async airdrop(address: string, lamports: number, signal: AbortSignal): Promise<void> {
    await this.#call('requestAirdrop', [address, lamports], { signal });
  }

  async #value(method: string, params: readonly unknown[], options: Patience): Promise<unknown> {
    const answer = fields(await this.#call(method, params, options));
    this.#contextSlot(method, answer);
    return answer.value;
  }

  #contextSlot(method: string, answer: Fields): number {
    const slot = numberOf(method, fields(answer.context).slot);
    this.#slot = Math.max(this.#slot, slot);
    return slot;
  }

  async #call(method: string, params: readonly unknown[], options: Patience): Promise<unknown> {
    if (options.signal.aborted) throw stopped();
    try {
      const result = await unlessStopped(this.#calls.call(method, params, options), options.signal);
      this.#isAnswered = true;
      return result;
    } catch (error) {
      if (!options.signal.aborted) this.#isAnswered = rpcCode(error) !== undefined;
      throw error;
    }
  }
}

/** Codes that say that the call itself is wrong: asking again would not help. */
const finalCodes: ReadonlySet<number> = new Set([-32600, -32601, -32602, -32003]);

/** Whether a call failed only because nobody could answer it at the moment: it says nothing about what was asked. */
export function isUnanswered(error: unknown): boolean {
  if (!(error instanceof TrunklineError)) return false;
  if (error.code === 'session_answer_invalid') return true;
  if (error.code !== 'own_call_failed') return false;
  const code = rpcCode(error);
  return code === undefined || !finalCodes.has(code);
}

function rpcCode(error: unknown): number | undefined {
  const code = error instanceof TrunklineError ? error.details.rpcCode : undefined;
  return typeof code === 'number' ? code : undefined;
}

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function numberOf(method: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw unreadable(method);
}

function unreadable(method: string): SessionError {
  return new SessionError('session_answer_invalid', `${method}: the answer does not read`);
}

function statusOf(value: unknown): SignatureStatus | undefined {
  if (value === null) return undefined;
  const { slot, err, confirmationStatus, confirmations } = fields(value);
  const said =
    confirmationStatus === 'confirmed' || confirmationStatus === 'finalized'
      ? confirmationStatus
      : 'processed';
  return {
    slot: numberOf('getSignatureStatuses', slot),
    // Old nodes say a rooted transaction by the lack of a count only.
    commitment: confirmationStatus === undefined && confirmations === null ? 'finalized' : said,
    error: err === null || err === undefined ? undefined : errorText(err, undefined),
  };
}

const maxErrorText = 300;

/** The error as the chain has it, and the last line of the program's log, which often tells more. */
function errorText(error: unknown, logs: unknown): string {
  const said = typeof error === 'string' ? error : JSON.stringify(error);
  const lines = Array.isArray(logs) ? logs.filter(line => typeof line === 'string') : [];
  const told = lines.findLast(line => !/^Program \S+ (invoke|consumed|success|failed)/.test(line));
  return (told === undefined ? said : `${said}: ${told}`).slice(0, maxErrorText);
}
