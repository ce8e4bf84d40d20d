import { bloomOf } from '../../src/chains/evm/logs-bloom.ts';
import { blockHeader, headNumber, markedHash, numberInHash, stubResult } from './chain-stub.ts';
import { now } from './now.ts';
import { stamp } from './stamp.ts';

/** The address that all logs of a simulated chain have. */
export const logAddress = '0x5fbdb2315678afecb367f032d93f642f64180aa3';
const logTopics = [
  '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef',
  '0x00000000000000000000000070997970c51812dc3a010c7d01b50e0d17dc79c8',
  '0x0000000000000000000000003c44cdddb6a900fa2b585dd299e03d12fa4293bc',
] as const;

/** Blocks from `first` on have so many logs each. */
interface Span {
  readonly first: number;
  readonly logs: number;
}

/** Logs of a block at most; the number of a log is that of its block times this, plus its index. */
export const mostLogs = 1024;
const wordDigits = 64;
/** Blocks whose stamp is known; of the ones before it is of no interest. */
const keptStamps = 4_096;

const {
  number: _n,
  hash: _h,
  parentHash: _p,
  logsBloom: _b,
  extraData: _e,
  ...restOfHeader
} = blockHeader(0);
const restOf = (bloom: string) => `"logsBloom":"${bloom}",${JSON.stringify(restOfHeader).slice(1)}`;
const emptyRest = restOf(String(blockHeader(0).logsBloom));
const fullRest = restOf(
  `0x${Buffer.from(bloomOf([{ address: logAddress, topics: [...logTopics] }])).toString('hex')}`,
);
const topicsJson = JSON.stringify(logTopics);

/**
 * A chain whose blocks are made of their number: any of them can be asked for at any time, with its logs, and parents,
 * blooms and indexes are as they must be. Stamps tell when a block was made.
 */
export class SimulatedChain {
  #head: number;
  readonly #spans: Span[] = [];
  readonly #stamps = new Map<number, string>();

  /** @param head Number of its newest block. @default the wall clock's */
  constructor(head = headNumber()) {
    this.#head = head;
  }

  get head(): number {
    return this.#head;
  }

  /** Makes the next block, with so many logs, and returns its number. */
  mine(logs = 0, at = now()): number {
    const number = ++this.#head;
    if ((this.#spans.at(-1)?.logs ?? 0) !== logs) this.#spans.push({ first: number, logs });
    this.#stamps.set(number, stamp(at));
    this.#stamps.delete(number - keptStamps);
    return number;
  }

  /** The JSON of a header as `newHeads` gives it. */
  header(number: number): string {
    const rest = this.#logCount(number) > 0 ? fullRest : emptyRest;
    return `{"number":"0x${number.toString(16)}","hash":"${markedHash(number)}","parentHash":"${markedHash(number - 1)}","extraData":"${this.#stampOf(number)}",${rest}`;
  }

  /** The JSON of each log of a block. */
  logs(block: number): string[] {
    const data = this.#stampOf(block).padEnd(2 + wordDigits, '0');
    const blockNumber = `0x${block.toString(16)}`;
    const blockHash = markedHash(block);
    return Array.from({ length: this.#logCount(block) }, (_, index) => {
      const place = `0x${index.toString(16)}`;
      return (
        `{"address":"${logAddress}","topics":${topicsJson},"data":"${data}","blockNumber":"${blockNumber}",` +
        `"transactionHash":"${markedHash(block * mostLogs + index)}","transactionIndex":"${place}",` +
        `"blockHash":"${blockHash}","logIndex":"${place}","removed":false}`
      );
    });
  }

  /** The JSON of the result of a call to a node of this chain. */
  answer(method: string, params: readonly unknown[] = []): string {
    if (method === 'eth_getBlockByHash') return this.#known(hashNumber(params[0]), 'null');
    if (method === 'eth_getBlockByNumber') return this.#known(this.#numberOf(params[0]), 'null');
    if (method === 'eth_getLogs') {
      const { blockHash } = (params[0] ?? {}) as { readonly blockHash?: string };
      return blockHash === undefined ? '[]' : `[${this.logs(hashNumber(blockHash)).join(',')}]`;
    }
    return JSON.stringify(stubResult({ id: 1, method, params }, this.#head));
  }

  #known(number: number, otherwise: string): string {
    return number >= 0 && number <= this.#head ? this.header(number) : otherwise;
  }

  #numberOf(tag: unknown): number {
    return typeof tag === 'string' && tag.startsWith('0x') ? Number(tag) : this.#head;
  }

  #logCount(block: number): number {
    return this.#spans.findLast(({ first }) => first <= block)?.logs ?? 0;
  }

  #stampOf(block: number): string {
    return this.#stamps.get(block) ?? stamp(0);
  }
}

function hashNumber(hash: unknown): number {
  return numberInHash(Buffer.from(String(hash)));
}
