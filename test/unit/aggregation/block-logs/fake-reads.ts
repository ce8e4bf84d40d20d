import type { LoggedBlock } from '../../../../src/aggregation/block-logs/block-logs.ts';
import type {
  BlockLogsAnswer,
  BlockReference,
  ChainReads,
  LogReadOptions,
} from '../../../../src/aggregation/canonical/chain-reads.ts';
import { logRules } from '../../../../src/chains/evm/log-rules.ts';

/** A log to be made: the address and the topics by one byte each. */
export interface Made {
  readonly address: string;
  readonly topics?: readonly string[];
}

/** A block that the test knows the truth of. */
export interface TrueBlock extends LoggedBlock {
  readonly bloom: string;
  readonly logs: readonly Buffer[];
}

export const addressOf = (byte: string) => `0x${byte.repeat(20)}`;
export const topicOf = (byte: string) => `0x${byte.repeat(32)}`;

export function hashOf(number: number, branch = 'ab'): string {
  return `0x${branch}${number.toString(16).padStart(62, '0')}`;
}

export function logJson(made: Made, index: number, blockHash: string, removed = false): Buffer {
  const { address, topics = [] } = made;
  return Buffer.from(
    JSON.stringify({
      address: addressOf(address),
      topics: topics.map(topicOf),
      data: '0x',
      blockHash,
      logIndex: `0x${index.toString(16)}`,
      removed,
    }),
  );
}

export function blockOf(number: number, made: readonly Made[], branch?: string): TrueBlock {
  const hash = hashOf(number, branch);
  const bloom = logRules.bloomOf(
    made.map(({ address, topics = [] }) => ({ address: addressOf(address), topics: topics.map(topicOf) })),
  );
  return {
    number,
    hash,
    bloom: `0x${Buffer.from(bloom).toString('hex')}`,
    logs: made.map((one, index) => logJson(one, index, hash)),
  };
}

export function arrayOf(logs: readonly Buffer[]): Buffer {
  return Buffer.from(`[${logs.map(String).join(',')}]`);
}

/** What a provider says of a block's logs; undefined: an error, or nothing. */
export type Says = (block: TrueBlock) => Buffer | undefined | Promise<Buffer | undefined>;

export const truth: Says = block => arrayOf(block.logs);
export const nothing: Says = () => arrayOf([]);
export const failure: Says = () => undefined;

/** Providers that say of a block's logs what a test has them say. */
export class FakeReads implements ChainReads {
  /** Every provider that was asked for logs, with the block's number. */
  readonly asked: string[] = [];
  readonly headersAsked: string[] = [];
  readonly says = new Map<string, Says>();
  /** The bloom in the header that a provider gives. @default the true one */
  readonly blooms = new Map<string, string>();
  readonly #blocks = new Map<string, TrueBlock>();

  constructor(blocks: readonly TrueBlock[], says: Readonly<Record<string, Says>>) {
    for (const block of blocks) this.#blocks.set(block.hash, block);
    for (const [id, one] of Object.entries(says)) this.says.set(id, one);
  }

  block(by: BlockReference, { providerId = 'any' }: { readonly providerId?: string } = {}) {
    this.headersAsked.push(providerId);
    const known = 'hash' in by ? this.#blocks.get(by.hash) : undefined;
    return Promise.resolve(
      known && Buffer.from(JSON.stringify({ logsBloom: this.blooms.get(providerId) ?? known.bloom })),
    );
  }

  async blockLogs(
    { hash, number }: { readonly hash: string; readonly number: number },
    { providerId, avoid = [], signal }: LogReadOptions = {},
  ): Promise<BlockLogsAnswer | undefined> {
    const ids = [...this.says.keys()].filter(id => !avoid.includes(id));
    ids.sort((a, b) => Number(b === providerId) - Number(a === providerId));
    for (const id of ids) {
      if (signal?.aborted === true) return undefined;
      this.asked.push(`${id}:${number}`);
      const logs = await this.says.get(id)!(this.#blocks.get(hash)!);
      if (logs !== undefined) return { logs, providerId: id };
    }
    return undefined;
  }
}
