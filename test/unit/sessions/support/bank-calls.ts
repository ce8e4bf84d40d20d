import { VersionedTransaction } from '@solana/web3.js';
import type { ChainCallOptions, ChainCalls } from '../../../../src/chains/chain-calls.ts';
import { decode, encode } from '../../../../src/chains/solana/base58.ts';
import type { Bank } from '../../../../src/devnet/solana/bank/bank.ts';
import { BankView } from '../../../../src/devnet/solana/rpc/bank-view.ts';
import { answer } from '../../../../src/devnet/solana/rpc/dispatch.ts';
import { TrunklineError } from '../../../../src/errors/trunkline-error.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';

const catalogue = { own_call_failed: { sentence: 'it failed' } };

/** An error as the calls of Trunkline's own have it; without a code: nobody answered. */
export function callFailed(message: string, rpcCode?: number): TrunklineError {
  return new TrunklineError(catalogue, 'own_call_failed', message, {
    details: rpcCode === undefined ? {} : { rpcCode },
  });
}

/**
 * What goes wrong with a call: `lost`: it does not arrive; `unheard`: it is carried out, and its answer does not come;
 * or what it answers, or throws.
 */
export type CallFault = 'lost' | 'unheard' | { readonly result: unknown } | { readonly error: Error };

/** Calls to a bank in this process, by the JSON that a node would get, with faults. */
export class BankCalls implements ChainCalls {
  /** In the order in which they were made. */
  readonly called: string[] = [];
  /** Signatures in the order in which they were sent first. */
  readonly sent: string[] = [];
  /** Signatures that were sent while another one could still be carried out. */
  readonly overlapping: string[] = [];
  /** What goes wrong with a call; asked for each. */
  fault: (method: string, params: readonly unknown[]) => CallFault | undefined = () => undefined;
  readonly #bank: Bank;
  readonly #view: BankView;
  readonly #blockhashes = new Map<string, string>();

  constructor(bank: Bank) {
    this.#bank = bank;
    this.#view = new BankView(bank);
  }

  /** How often a method was called. */
  count(method: string): number {
    return this.called.filter(each => each === method).length;
  }

  async call(method: string, params: readonly unknown[], options: ChainCallOptions = {}): Promise<unknown> {
    this.called.push(method);
    if (method === 'sendTransaction') this.#watch(params[0] as string);
    const fault = this.fault(method, params);
    await Promise.resolve();
    if (options.signal?.aborted === true || fault === 'lost') throw callFailed('no answer in time');
    if (typeof fault === 'object') {
      if ('error' in fault) throw fault.error;
      return fault.result;
    }
    const text = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const { result, error } = JSON.parse(answer(text, { view: this.#view }, silentLog) as string) as {
      readonly result?: unknown;
      readonly error?: { readonly code: number; readonly message: string };
    };
    if (fault === 'unheard') throw callFailed('no answer in time');
    if (error !== undefined) throw callFailed(error.message, error.code);
    return result;
  }

  #watch(bytes: string): void {
    const transaction = VersionedTransaction.deserialize(Buffer.from(bytes, 'base64'));
    const signature = encode(transaction.signatures[0] as Uint8Array);
    const payer = transaction.message.staticAccountKeys[1]?.toBase58() ?? '';
    for (const [earlier, blockhash] of this.#blockhashes) {
      const [name, address] = earlier.split(' ') as [string, string];
      if (name === signature || address !== payer) continue;
      const isOver = this.#view.transaction(decode(name) as Uint8Array, 'processed') !== undefined;
      if (!isOver && this.#bank.isBlockhashValid(blockhash, 'processed')) this.overlapping.push(signature);
    }
    if (!this.sent.includes(signature)) this.sent.push(signature);
    this.#blockhashes.set(`${signature} ${payer}`, transaction.message.recentBlockhash);
  }
}
