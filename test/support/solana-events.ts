import { Connection, type Keypair, Transaction } from '@solana/web3.js';
import { encode } from '../../src/chains/solana/base58.ts';
import { eventProgramId } from '../../src/devnet/solana/event-program/event-program.ts';
import { devnetKeypair } from '../../src/devnet/solana/well-known.ts';
import { emitInstruction } from './event-program-instructions.ts';
import { eventually } from './eventually.ts';

/** The event program, base58. */
export const eventProgram = eventProgramId.toBase58();

/** An event as the chain has it. */
export interface ChainEvent {
  readonly slot: number;
  readonly signature: string;
  readonly n: number;
}

export interface SolanaEventsOptions {
  /** Address of the chain's own node, which nothing happens to. */
  readonly nodeUrl: string;
  /** Where transactions are sent. @default nodeUrl */
  readonly url?: string;
  /** Milliseconds between two events. @default 100 */
  readonly everyMs?: number;
}

/** Has the event program of an embedded chain emit numbers, in order, each of them once. */
export class SolanaEvents {
  readonly #node: Connection;
  readonly #target: Connection;
  readonly #everyMs: number;
  readonly #payer: Keypair = devnetKeypair(0);
  readonly #sent = new Map<string, { readonly n: number; readonly raw: Buffer }>();
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<unknown> = Promise.resolve();
  #next = 1;

  constructor({ nodeUrl, url = nodeUrl, everyMs = 100 }: SolanaEventsOptions) {
    this.#node = new Connection(nodeUrl, 'processed');
    this.#target = new Connection(url, { commitment: 'processed', disableRetryOnRateLimit: true });
    this.#everyMs = everyMs;
  }

  /** Emitted so far. */
  get count(): number {
    return this.#sent.size;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#sending = this.#sending.then(() => this.emit(String(this.#next++)));
    }, this.#everyMs);
  }

  /** Emits a text at once. @returns the signature */
  async emit(text: string): Promise<string> {
    const { blockhash, lastValidBlockHeight } = await this.#node.getLatestBlockhash('confirmed');
    const transaction = new Transaction({
      feePayer: this.#payer.publicKey,
      blockhash,
      lastValidBlockHeight,
    }).add(emitInstruction(Buffer.from(text)));
    transaction.sign(this.#payer);
    const signature = encode(transaction.signature!);
    const raw = transaction.serialize();
    this.#sent.set(signature, { n: Number(text), raw });
    await this.#target.sendRawTransaction(raw, { skipPreflight: true }).catch(() => {});
    return signature;
  }

  /** Stops; every event is on the chain then, and confirmed. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sending;
    await eventually(
      async () => {
        const onChain = new Set((await this.events()).map(({ signature }) => signature));
        const missing = [...this.#sent].filter(([signature]) => !onChain.has(signature));
        for (const [, { raw }] of missing)
          await this.#node.sendRawTransaction(raw, { skipPreflight: true }).catch(() => {});
        return missing.length === 0;
      },
      'all events are on the chain',
      20_000,
    );
  }

  /** What is on the chain for good, in its order. */
  async events(): Promise<ChainEvent[]> {
    const found: ChainEvent[] = [];
    let before: string | undefined;
    for (;;) {
      const page = await this.#node.getSignaturesForAddress(
        eventProgramId,
        { limit: 1000, ...(before === undefined ? {} : { before }) },
        'confirmed',
      );
      for (const { signature, slot } of page)
        found.push({ slot, signature, n: this.#sent.get(signature)?.n ?? Number.NaN });
      before = page.at(-1)?.signature;
      if (page.length < 1000) return found.reverse();
    }
  }
}
