import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { encodeFunctionData } from 'viem';
import { BlockLogs } from '../../../src/aggregation/block-logs/block-logs.ts';
import type { GatheredLog } from '../../../src/aggregation/canonical/canonical-sink.ts';
import type { ChainReads } from '../../../src/aggregation/canonical/chain-reads.ts';
import { ChainDemand } from '../../../src/aggregation/demand/chain-demand.ts';
import { HeadTracker } from '../../../src/aggregation/head-tracker.ts';
import { MessageAggregator } from '../../../src/aggregation/message-aggregator.ts';
import { StreamHub } from '../../../src/aggregation/stream-hub.ts';
import { evmFamily } from '../../../src/chains/evm/evm-family.ts';
import { logRules } from '../../../src/chains/evm/log-rules.ts';
import { systemClock } from '../../../src/clock/system-clock.ts';
import type { Devnet } from '../../../src/devnet/devnet.ts';
import { PipelineReads } from '../../../src/exchange/pipeline-reads.ts';
import type { ChainRuntime } from '../../../src/gateway/chain-directory.ts';
import { Router } from '../../../src/gateway/routing/router.ts';
import { ProcessSystem } from '../../../src/otp/process-system.ts';
import { startSupervisor } from '../../../src/otp/supervisor.ts';
import { supervisorSpec } from '../../../src/otp/supervisor-spec.ts';
import { Provider } from '../../../src/providers/provider.ts';
import { providerChildren } from '../../../src/providers/provider-children.ts';
import { ProviderTable } from '../../../src/providers/provider-table.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { silentMetrics } from '../../../src/telemetry/metrics.ts';
import { callNode } from '../../support/call-node.ts';
import { startDevnet } from '../../support/devnet.ts';
import { eventually } from '../../support/eventually.ts';
import { compileLedger } from '../../support/ledger-contract.ts';
import { chainConfigOf } from '../../unit/providers/fixtures.ts';

const deps = { clock: systemClock, log: silentLog, metrics: silentMetrics };
const author = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266';
const ledger = compileLedger();
const note = (text: string) =>
  encodeFunctionData({ abi: ledger.abi as never, functionName: 'write', args: [text] } as never);

interface RpcBlock {
  readonly number: string;
  readonly hash: string;
  readonly logsBloom: string;
}

/** A chain's providers with their processes, as the exchange has them, and the reads over them. */
async function startChain(devnet: Devnet) {
  const config = chainConfigOf({
    health: { probe_interval: 200, probe_timeout: 1000, head_poll_interval: 100 },
    websocket: { reconnect_min: 20, reconnect_max: 200 },
    circuit_breaker: { failure_threshold: 3, recovery_timeout: 200, success_threshold: 1, jitter: 0 },
    providers: devnet.providers.map(({ id, url, wsUrl }) => ({ id, url, ws_url: wsUrl })),
  });
  const heads = new HeadTracker({ chain: 'devnet', blockTimeMs: 1_000 }, deps);
  const table = new ProviderTable();
  const hub = new StreamHub({ chain: 'devnet', width: 2 }, { ...deps, events: evmFamily.events });
  hub.adopt(new MessageAggregator({ chain: 'devnet' }, deps));
  const system = new ProcessSystem({ clock: systemClock });
  for (const one of config.providers) {
    const provider = new Provider(
      {
        chain: 'devnet',
        identity: '31337',
        chainConfig: config,
        config: one,
        family: evmFamily,
        maxResponseBytes: 2 ** 24,
      },
      { ...deps, heads, onHead: (id, head) => heads.observe(id, head) },
    );
    table.put(provider);
    hub.addSource(provider.streams!);
    const children = providerChildren(provider);
    await startSupervisor(
      system,
      supervisorSpec({ id: one.id, strategy: 'one_for_one', intensity: 100, periodMs: 1_000, children }),
    );
  }
  const runtime: ChainRuntime = {
    name: 'devnet',
    identity: '31337',
    family: evmFamily,
    config,
    table,
    heads,
    hub: undefined,
    unavailable: undefined,
  };
  const router = new Router(runtime, { ...deps, random: Math.random });
  const reads = new PipelineReads(runtime, {
    ...deps,
    pipeline: () => ({ handle: (call, done) => router.route(call, done) }),
  });
  return {
    heads,
    table,
    hub,
    reads,
    stop: async () => {
      hub.close('over');
      await system.stop();
      router.close();
      for (const provider of table.providers) provider.close();
    },
  };
}

describe('complete logs over a real chain', () => {
  let devnet: Devnet;
  let chain: Awaited<ReturnType<typeof startChain>>;
  let contract: string;
  const ends: (() => unknown)[] = [];
  const stops: (() => unknown)[] = [];
  before(async () => {
    devnet = await startDevnet({ after: end => stops.push(end) });
    chain = await startChain(devnet);
    stops.unshift(chain.stop);
    await eventually(() => chain.table.providers.every(one => one.state === 'up'), 'all providers up');
    const hash = await atNode<string>('eth_sendTransaction', [
      { from: author, data: ledger.bytecode, gas: '0x300000' },
    ]);
    const { contractAddress } = await eventually(
      () => atNode<{ contractAddress: string } | null>('eth_getTransactionReceipt', [hash]),
      'the contract',
    ).then(receipt => receipt!);
    contract = contractAddress;
    await atNode('evm_setAutomine', [false]);
  });
  afterEach(async () => {
    for (const end of ends.splice(0)) end();
    await devnet.heal();
    await eventually(() => chain.table.providers.every(one => one.state === 'up'), 'all providers up again');
  });
  after(async () => {
    for (const stop of stops) await stop();
  });

  const atNode = <T>(method: string, params: readonly unknown[] = []) =>
    callNode<T>(devnet.node.url, method, params);

  /** Mines a block with so many logs. */
  async function mine(logs: number): Promise<RpcBlock> {
    for (let i = 0; i < logs; i++)
      await atNode('eth_sendTransaction', [
        { from: author, to: contract, data: note(`${i}`), gas: '0x20000' },
      ]);
    await atNode('evm_mine');
    return atNode<RpcBlock>('eth_getBlockByNumber', ['latest', false]);
  }

  const logsAtNode = (block: RpcBlock) => atNode<unknown[]>('eth_getLogs', [{ blockHash: block.hash }]);
  const asBlock = ({ number, hash, logsBloom }: RpcBlock) => ({
    number: Number(number),
    hash,
    bloom: logsBloom,
  });
  const parsed = (logs: readonly GatheredLog[]) =>
    logs.map(({ bytes }) => JSON.parse(String(bytes)) as unknown);

  function createBlockLogs(
    patterns = [{}],
    source: 'fetch' | 'race' = 'fetch',
    reads: ChainReads = chain.reads,
  ) {
    const demand = new ChainDemand({ chain: 'devnet' }, { ...deps, rules: logRules });
    for (const pattern of patterns) demand.claimLogs(pattern, { since: 0, keepMs: 0 });
    const blockLogs = new BlockLogs(
      { chain: 'devnet', source },
      { ...deps, rules: logRules, demand, reads, hub: chain.hub },
    );
    ends.push(
      () => blockLogs.stop(),
      () => demand.stop(),
    );
    return blockLogs;
  }

  it('computes the bloom that the node has in the header', async () => {
    for (const count of [0, 1, 2, 60]) {
      const block = await mine(count);
      const logs = (await logsAtNode(block)).map(log => logRules.read(Buffer.from(JSON.stringify(log)))!);
      assert.equal(logs.length, count);
      assert.equal(`0x${Buffer.from(logRules.bloomOf(logs)).toString('hex')}`, block.logsBloom);
      const header = await chain.reads.block({ hash: block.hash });
      assert.equal(logRules.bloomIn(header!), block.logsBloom);
    }
  });

  it('gathers what the chain has', async () => {
    const blockLogs = createBlockLogs();
    for (const count of [3, 0, 40]) {
      const block = await mine(count);
      const gathered = await blockLogs.gather(asBlock(block), 'node-2');
      assert.deepEqual(parsed(gathered), await logsAtNode(block));
      assert.equal(gathered.length, count);
    }
  });

  for (const [what, fault, options] of [
    ['is behind', 'lag', { blocks: 5 }],
    ['hangs', 'hang', {}],
    ['is gone', 'kill', {}],
    ['cuts its answers short', 'truncate', {}],
    ['limits the rate', 'rate-limit', {}],
  ] as const) {
    it(`gathers what the chain has when the provider that announced the block ${what}`, async () => {
      const blockLogs = createBlockLogs();
      await devnet.fault('node-1', fault, options);
      for (let i = 0; i < 4; i++) {
        const block = await mine(3);
        assert.deepEqual(parsed(await blockLogs.gather(asBlock(block), 'node-1')), await logsAtNode(block));
      }
    });
  }

  it('gathers what a quiet filter matches when the chain goes on at a provider that is behind', async () => {
    const blockLogs = createBlockLogs([{ address: contract }]);
    await blockLogs.gather(asBlock(await mine(1)), 'node-1');
    await devnet.fault('node-2', 'lag', { blocks: 3 });
    await devnet.fault('node-3', 'kill');
    for (let i = 0; i < 3; i++)
      assert.deepEqual(await blockLogs.gather(asBlock(await mine(0)), 'node-1'), []);
    const block = await mine(2);
    await devnet.fault('node-1', 'kill');
    const gathering = blockLogs.gather(asBlock(block), 'node-1');
    for (let i = 0; i < 3; i++) await mine(0);
    assert.deepEqual(parsed(await gathering), await logsAtNode(block));
  });

  it('loses and repeats nothing of a burst while providers come and go', async () => {
    const blockLogs = createBlockLogs();
    const blocks: RpcBlock[] = [];
    const gathered: unknown[] = [];
    for (let round = 0; round < 12; round++) {
      const id = `node-${(round % 3) + 1}`;
      await devnet.fault(id, (['kill', 'hang', 'lag'] as const)[round % 3]!);
      const burst = [await mine(5), await mine(1), await mine(0)];
      const logs = burst.map(block => blockLogs.gather(asBlock(block), id));
      await devnet.heal();
      blocks.push(...burst);
      for (const one of logs) gathered.push(...parsed(await one));
    }
    const onChain = await Promise.all(blocks.map(logsAtNode));
    assert.deepEqual(gathered, onChain.flat());
    assert.equal(gathered.length, 12 * 6);
  });

  it('makes no call for blocks whose logs the subscriptions brought, and loses none when those are cut', async () => {
    const fetched: number[] = [];
    const counting: ChainReads = {
      block: (by, options) => chain.reads.block(by, options),
      blockLogs: (block, options) => {
        fetched.push(block.number);
        return chain.reads.blockLogs(block, options);
      },
    };
    const blockLogs = createBlockLogs([{}], 'race', counting);
    const isSubscribed = () =>
      chain.hub.stats().streams.some(({ providers }) => providers.filter(one => one.isLive).length === 2);
    await eventually(isSubscribed, 'two subscriptions to all logs');
    for (let i = 0; i < 4; i++) {
      const block = await mine(5);
      assert.deepEqual(parsed(await blockLogs.gather(asBlock(block), 'node-1')), await logsAtNode(block));
    }
    assert.deepEqual(fetched, []);
    for (let i = 0; i < 6; i++) {
      if (i % 2 === 0) for (const id of [1, 2, 3]) await devnet.fault(id, 'drop-ws', { once: true });
      const block = await mine(5);
      assert.deepEqual(parsed(await blockLogs.gather(asBlock(block), 'node-1')), await logsAtNode(block));
    }
  });
});
