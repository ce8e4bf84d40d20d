import { logRules } from '../../src/chains/evm/log-rules.ts';
import { type StubUpstream, stubBlock } from './stub-upstream.ts';

/** A log that a block is to have. */
export interface ScriptedLog {
  readonly address: string;
  readonly topics: readonly string[];
}

/** A block as nodes give it, with its logs. */
export interface ScriptedBlock {
  readonly number: number;
  readonly hash: string;
  readonly header: Record<string, unknown>;
  readonly logs: readonly Record<string, unknown>[];
  readonly parent: ScriptedBlock | undefined;
}

const hex = (number: number) => `0x${number.toString(16)}`;

/**
 * A chain that stub upstreams serve: blocks with logs and the blooms that these make, on as many branches as a test likes.
 * Each stub has the branch that its tip is on, and nothing beyond.
 */
export class ScriptedChain {
  readonly #blocks = new Map<string, ScriptedBlock>();
  readonly #tips = new Map<StubUpstream, ScriptedBlock>();
  readonly #genesis: ScriptedBlock;
  #made = 0;

  /** Begins with the block that stubs begin with. */
  constructor(first = 100) {
    const header = stubBlock(first);
    this.#genesis = { number: first, hash: String(header.hash), header, logs: [], parent: undefined };
    this.#blocks.set(this.#genesis.hash, this.#genesis);
  }

  get genesis(): ScriptedBlock {
    return this.#genesis;
  }

  /** Makes a block that no stub has yet. */
  make(parent: ScriptedBlock, logs: readonly ScriptedLog[] = []): ScriptedBlock {
    const number = parent.number + 1;
    const hash = `0x${(++this.#made).toString(16).padStart(8, 'b')}${hex(number).slice(2).padStart(56, '0')}`;
    const bloom = Buffer.from(logRules.bloomOf(logs)).toString('hex');
    const block: ScriptedBlock = {
      number,
      hash,
      parent,
      header: { ...stubBlock(number), hash, parentHash: parent.hash, logsBloom: `0x${bloom}` },
      logs: logs.map((log, index) => ({
        ...log,
        data: '0x',
        blockNumber: hex(number),
        blockHash: hash,
        transactionHash: `0x${hex(index).slice(2).padStart(64, '7')}`,
        transactionIndex: '0x0',
        logIndex: hex(index),
        removed: false,
      })),
    };
    this.#blocks.set(hash, block);
    return block;
  }

  /** Has a stub answer from this chain. */
  serve(stub: StubUpstream): void {
    this.#tips.set(stub, this.#genesis);
    stub.on('eth_getBlockByNumber', ([tag]) => {
      const tip = this.#tips.get(stub)!;
      const number = typeof tag === 'string' && tag.startsWith('0x') ? Number(tag) : tip.number;
      return this.#onBranch(tip, number)?.header ?? null;
    });
    stub.on('eth_getBlockByHash', ([hash]) => this.#known(stub, String(hash))?.header ?? null);
    stub.on('eth_getLogs', ([filter]) => {
      const { blockHash } = filter as { blockHash?: string };
      return blockHash === undefined ? this.#allLogs(stub) : (this.#known(stub, blockHash)?.logs ?? []);
    });
  }

  /** Gives stubs a new tip, and has them announce it. */
  announce(block: ScriptedBlock, stubs: readonly StubUpstream[]): void {
    for (const stub of stubs) this.give(block, stub);
    for (const stub of stubs) stub.notify('newHeads', block.header);
  }

  /** Gives a stub a new tip of which it says nothing by itself. */
  give(block: ScriptedBlock, stub: StubUpstream): void {
    this.#tips.set(stub, block);
    stub.head = block.number;
  }

  /** The logs of a branch, oldest first. */
  logsUpTo(tip: ScriptedBlock): readonly Record<string, unknown>[] {
    const logs: Record<string, unknown>[] = [];
    for (let at: ScriptedBlock | undefined = tip; at !== undefined; at = at.parent) logs.unshift(...at.logs);
    return logs;
  }

  #allLogs(stub: StubUpstream): readonly Record<string, unknown>[] {
    return this.logsUpTo(this.#tips.get(stub)!);
  }

  /** A block by hash, if the stub can have it: blocks of branches that it has left are known on. */
  #known(stub: StubUpstream, hash: string): ScriptedBlock | undefined {
    const block = this.#blocks.get(hash);
    return block !== undefined && block.number <= this.#tips.get(stub)!.number ? block : undefined;
  }

  #onBranch(tip: ScriptedBlock, number: number): ScriptedBlock | undefined {
    let at: ScriptedBlock | undefined = tip;
    while (at !== undefined && at.number > number) at = at.parent;
    return at?.number === number ? at : undefined;
  }
}
