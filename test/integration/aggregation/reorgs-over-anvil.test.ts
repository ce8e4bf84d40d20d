import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { callNode } from '../../support/call-node.ts';
import { eventually } from '../../support/eventually.ts';
import { type RunningTrunkline, startTrunkline } from '../../support/trunkline.ts';

const yaml = `
chains:
  devnet:
    chain_id: 31337
    devnet: { engine: anvil, providers: 3, block_time: 300ms }
`;

interface Block {
  readonly number: string;
  readonly hash: string;
  readonly parentHash: string;
}

interface Reorg {
  readonly depth: number;
  readonly ancestor: { readonly hash: string };
  readonly orphaned: readonly { readonly hash: string }[];
}

/** The canonical chain as a reader of the feed has it; each event must fit to what came before. */
class Reader {
  readonly reorgs: Reorg[] = [];
  readonly gaps: unknown[] = [];
  chain: Block[] = [];

  take(method: string, topic: string, data: unknown): void {
    if (method === 'feed_gap') {
      this.gaps.push(data);
      this.chain = [];
    } else if (method === 'feed_reorg') this.#reorganized(data as Reorg);
    else if (topic === 'devnet.heads') this.#grown(data as Block);
  }

  #grown(block: Block): void {
    const tip = this.chain.at(-1);
    if (tip !== undefined) assert.equal(block.parentHash, tip.hash, 'a child of the tip');
    this.chain.push(block);
  }

  #reorganized(reorg: Reorg): void {
    this.reorgs.push(reorg);
    for (const { hash } of reorg.orphaned) {
      const tip = this.chain.pop();
      if (tip !== undefined) assert.equal(tip.hash, hash, 'newest first');
    }
    if (this.chain.length > 0) assert.equal(this.chain.at(-1)!.hash, reorg.ancestor.hash);
  }
}

describe('reorganisations of a real chain', () => {
  let trunkline: RunningTrunkline;
  let socket: WebSocket;
  const reader = new Reader();
  const failures: unknown[] = [];

  before(async () => {
    trunkline = await startTrunkline(yaml);
    await trunkline.allUp();
    socket = new WebSocket(`${trunkline.wsUrl}/feed`, { perMessageDeflate: false });
    socket.on('message', (bytes: Buffer) => {
      const { method, params } = JSON.parse(bytes.toString());
      if (method === undefined) return;
      try {
        reader.take(method, params.topic, params.data);
      } catch (error) {
        failures.push(error);
      }
    });
    await new Promise(resolve => socket.on('open', resolve));
    const params = { topics: ['devnet.heads', 'devnet.reorgs', 'devnet.gaps'] };
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'feed_subscribe', params }));
    await grown(8);
  });
  after(() => {
    socket.close();
    return trunkline.stop();
  });

  const atNode = <T>(method: string, params: readonly unknown[] = []) =>
    callNode<T>(trunkline.chain('devnet').devnet!.node.url, method, params);

  /** Waits until the reader has so many blocks more. */
  async function grown(count: number): Promise<void> {
    const until = Number(reader.chain.at(-1)?.number ?? 0) + count;
    await eventually(() => Number(reader.chain.at(-1)?.number ?? 0) >= until, `block ${until}`);
  }

  /** The reader has the chain that the node has. */
  async function isCanonical(): Promise<void> {
    for (const { number, hash } of reader.chain.slice(-8)) {
      const block = await atNode<Block | null>('eth_getBlockByNumber', [number, false]);
      if (block !== null) assert.equal(block.hash, hash, `block ${Number(number)}`);
    }
    assert.deepEqual(failures, []);
  }

  for (const depth of [1, 3, 5]) {
    it(`are told with what they take back, ${depth} deep [fault 14]`, async () => {
      const before = reader.reorgs.length;
      await grown(depth);
      await atNode('anvil_reorg', [depth, []]);
      await eventually(() => reader.reorgs.length > before, 'a reorg');
      await grown(3);
      await isCanonical();
      assert.ok(reader.reorgs[before]!.depth >= 1);
      assert.deepEqual(reader.gaps, []);
    });
  }

  it('are told when the chain is set back', async () => {
    const before = reader.reorgs.length;
    const snapshot = await atNode<string>('evm_snapshot', []);
    await grown(4);
    await atNode('evm_revert', [snapshot]);
    await eventually(() => reader.reorgs.length > before, 'a reorg', 20_000);
    await grown(3);
    await isCanonical();
  });
});
