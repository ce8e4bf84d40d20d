import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { followHeads } from '../../support/head-client.ts';
import { processesOf } from '../../support/live-tree.ts';
import { sendCalls } from '../../support/load.ts';
import { devnetYaml, type RunningTrunkline, startTrunkline } from '../../support/trunkline.ts';

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('an embedded chain', () => {
  const ends: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (end: () => void | Promise<void>) => void ends.push(end) };
  let trunkline: RunningTrunkline;
  before(async () => {
    trunkline = await startTrunkline(devnetYaml, cleanup);
    await trunkline.allUp();
  });
  after(async () => {
    for (const end of ends.reverse()) await end();
  });

  const assembly = () => trunkline.chain('devnet');
  const urls = () => assembly().runtime.table.providers.map(provider => provider.options.config.url);
  const read = async (method: string, params: unknown[] = []) => {
    const { failures, results } = await sendCalls(`${trunkline.url}/rpc/devnet`, method, params, 1);
    if (failures.length > 0) throw new Error(failures[0]);
    return results[0];
  };

  /** Makes the node go away; settles when another one runs and is served. */
  async function lose(end: () => void): Promise<void> {
    const pid = assembly().devnet!.node.pid!;
    const before = urls();
    end();
    // The keys and ports are others.
    await eventually(() => !urls().some(url => before.includes(url)), 'other providers');
    await trunkline.allUp();
    assert.notEqual(assembly().devnet!.node.pid, pid);
    assert.equal(isRunning(pid), false, 'the node before it is gone');
  }

  it('starts anew when its node is killed: other addresses, heads from the start, subscribers stay', async () => {
    const client = await followHeads(`${trunkline.wsUrl}/rpc/devnet`, cleanup);
    // Further than a provider may lag: with the old head still in force nobody would be asked.
    await read('anvil_mine', ['0x40']);
    await eventually(() => client.heads.at(-1)! >= 64, 'head 64');
    await eventually(async () => Number(await read('eth_blockNumber')) >= 64, 'block 64');
    await lose(() => process.kill(assembly().devnet!.node.pid!, 'SIGKILL'));
    const number = Number(await read('eth_blockNumber'));
    assert.ok(number < 64, `block ${number}`);
    const block = (await read('eth_getBlockByNumber', ['latest', false])) as { number: string };
    assert.ok(Number(block.number) < 64);
    const from = client.heads.length;
    await eventually(() => client.heads.length >= from + 3, 'heads of the new chain');
    assert.ok(client.heads.at(-1)! < 64);
    assert.equal(client.closed(), undefined);
    await eventually(async () => Number(await read('eth_blockNumber')) > number, 'blocks are mined');
  });

  it('has one node at a time, whichever process above it is killed', async () => {
    const { exchange } = trunkline;
    for (const place of ['chains/chain:devnet/devnet', 'chains/chain:devnet']) {
      await lose(() => exchange.system.exit(processesOf(exchange).get(place)!, 'kill'));
      await eventually(() => read('eth_blockNumber'), 'served');
    }
  });

  it('shows no address or key of its simulated providers', async () => {
    const shown = [
      trunkline.log(),
      JSON.stringify(trunkline.exchange.stats()),
      JSON.stringify(trunkline.exchange.tree()),
      await (await fetch(`${trunkline.url}/metrics`)).text(),
    ];
    const keys = urls().map(url => new URL(url!).pathname.split('/').at(-1)!);
    for (const text of shown) for (const key of keys) assert.ok(!text.includes(key));
  });

  it('leaves no node behind when Trunkline stops', async () => {
    const pid = assembly().devnet!.node.pid!;
    await trunkline.stop();
    assert.equal(isRunning(pid), false);
  });
});
