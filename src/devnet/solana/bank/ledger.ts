import type { Commitment } from '../../../chains/solana/commitment.ts';
import type { BankBlock } from './bank-events.ts';
import { BlockHistory } from './block-history.ts';
import { RecentBlockhashes } from './recent-blockhashes.ts';

/** The canonical chain of closed blocks and how sure each is. */
export class Ledger {
  readonly history: BlockHistory;
  readonly blockhashes = new RecentBlockhashes();
  readonly #confirmAfter: number;
  readonly #finalizeAfter: number;
  #confirmed: BankBlock;
  #finalized: BankBlock;
  #tip: BankBlock;

  constructor(
    genesis: BankBlock,
    options: {
      readonly confirmAfter: number;
      readonly finalizeAfter: number;
      readonly maxBlocks: number;
      readonly maxHistoryBytes: number;
    },
  ) {
    this.#confirmAfter = options.confirmAfter;
    this.#finalizeAfter = options.finalizeAfter;
    this.history = new BlockHistory({
      blocks: options.maxBlocks,
      bytes: options.maxHistoryBytes,
      minimumBlocks: options.finalizeAfter + 1,
    });
    this.#tip = genesis;
    this.#confirmed = genesis;
    this.#finalized = genesis;
    this.history.add(genesis);
    this.blockhashes.add(genesis.blockhash, genesis.slot, genesis.blockHeight);
  }

  /** The newest block of a commitment. */
  at(commitment: Commitment): BankBlock {
    if (commitment === 'processed') return this.#tip;
    return commitment === 'confirmed' ? this.#confirmed : this.#finalized;
  }

  /** Adds a block; returns those blocks that reach a commitment by it, in the order in which to tell of them. */
  add(block: BankBlock): { readonly block: BankBlock; readonly status: Commitment }[] {
    this.#tip = block;
    this.history.add(block);
    this.blockhashes.add(block.blockhash, block.slot, block.blockHeight);
    const reached: { block: BankBlock; status: Commitment }[] = [{ block, status: 'processed' }];
    for (const each of this.#between(this.#confirmed, block.slot - this.#confirmAfter)) {
      this.#confirmed = each;
      reached.push({ block: each, status: 'confirmed' });
    }
    const finalizable = Math.min(block.slot - this.#finalizeAfter, this.#confirmed.slot);
    for (const each of this.#between(this.#finalized, finalizable)) {
      this.#finalized = each;
      reached.push({ block: each, status: 'finalized' });
    }
    return reached;
  }

  /** Blocks that a fork may still abandon. */
  get unconfirmed(): number {
    return this.#between(this.#confirmed, this.#tip.slot).length;
  }

  /** Takes the newest block, which is not confirmed, off the chain. */
  abandonTip(): BankBlock {
    const dead = this.history.removeNewest() as BankBlock;
    this.blockhashes.remove(dead.blockhash);
    this.#tip = this.history.blocks.at(-1) as BankBlock;
    return dead;
  }

  #between(after: BankBlock, upToSlot: number): BankBlock[] {
    const found: BankBlock[] = [];
    for (let index = this.history.blocks.length - 1; index >= 0; index--) {
      const block = this.history.blocks[index] as BankBlock;
      if (block.slot <= after.slot) break;
      if (block.slot <= upToSlot) found.push(block);
    }
    return found.reverse();
  }
}
