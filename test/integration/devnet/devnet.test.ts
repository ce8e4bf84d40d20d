import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findFreePort } from '../../../src/devnet/free-port.ts';
import { startDevnet } from '../../support/devnet.ts';
import { eventually } from '../../support/eventually.ts';
import { httpClient } from './provider-client.ts';

test('puts so many providers, each with an id, a port and a key of its own, before one chain', async t => {
  const devnet = await startDevnet(t, { chainId: 77, providers: 3 });
  assert.deepEqual(
    devnet.providers.map(({ id }) => id),
    ['node-1', 'node-2', 'node-3'],
  );
  for (const { url } of devnet.providers) assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/v1\/[0-9a-f]{32}$/);
  assert.equal(new Set(devnet.providers.map(({ url }) => new URL(url).pathname)).size, 3);
  const clients = devnet.providers.map(({ url }) => httpClient(t, url));
  await clients[0]?.call('evm_mine');
  for (const client of clients) {
    assert.equal((await client.call('eth_chainId')).result, '0x4d');
    assert.equal((await client.call('eth_blockNumber')).result, '0x1');
  }
});

test('faults one provider, by number or id, and heals one or all', async t => {
  const devnet = await startDevnet(t);
  await devnet.fault(1, 'error');
  await devnet.fault('2', 'lag', { blocks: '3' });
  await devnet.fault('node-3', 'kill');
  const kinds = () => devnet.status().providers.map(({ faults }) => faults.map(({ kind }) => kind));
  assert.deepEqual(kinds(), [['error'], ['lag'], ['kill']]);
  await devnet.heal(2);
  assert.deepEqual(kinds(), [['error'], [], ['kill']]);
  await devnet.heal();
  assert.deepEqual(kinds(), [[], [], []]);
});

test('says which providers there are', async t => {
  const devnet = await startDevnet(t, { providers: 2 });
  for (const wanted of [0, 3, 'node', 'infura']) {
    await assert.rejects(devnet.fault(wanted, 'kill'), {
      code: 'devnet_provider_unknown',
      message: `devnet has no provider "${wanted}"; there are: node-1, node-2`,
    });
  }
  await assert.rejects(devnet.fault(1, 'explode'), { code: 'devnet_fault_unknown' });
  await assert.rejects(devnet.heal(9), { code: 'devnet_provider_unknown' });
});

test('tells its state without a URL or a key', async t => {
  const devnet = await startDevnet(t);
  const status = devnet.status();
  assert.deepEqual([status.chain, status.chainId, status.node.isRunning], ['devnet', 31_337, true]);
  for (const { url } of devnet.providers) {
    assert.equal(JSON.stringify(status).includes(new URL(url).pathname.slice('/v1/'.length)), false);
  }
  await devnet.stop();
  assert.equal(devnet.status().node.isRunning, false);
  await devnet.stop();
});

test('takes consecutive ports when it is given the first', async t => {
  const basePort = await findFreePort('127.0.0.1');
  const devnet = await startDevnet(t, { basePort, providers: 2 });
  assert.deepEqual(
    [devnet.node.port, ...devnet.providers.map(({ port }) => port)],
    [basePort, basePort + 1, basePort + 2],
  );
});

test('leaves nothing running when it cannot start whole', async t => {
  const first = await startDevnet(t, { providers: 1 });
  const basePort = (first.providers[0]?.port ?? 0) - 1;
  await assert.rejects(startDevnet(t, { basePort, providers: 1 }), { code: 'devnet_port_taken' });
  const stillThere = await fetch(`http://127.0.0.1:${basePort}/`).catch(() => undefined);
  assert.equal(stillThere, undefined);
});

test('tells that anvil has ended; its providers answer 502', async t => {
  let exits = 0;
  const devnet = await startDevnet(t, { providers: 1, onExit: () => exits++ });
  process.kill(devnet.node.pid as number, 'SIGKILL');
  await eventually(() => exits === 1, 'the exit to be told');
  assert.equal((await httpClient(t, devnet.provider(1).url).post('{}')).status, 502);
});

test('starts again after it was stopped', async t => {
  const devnet = await startDevnet(t, { providers: 1 });
  await devnet.stop();
  await devnet.start();
  assert.equal((await httpClient(t, devnet.provider(1).url).call('eth_chainId')).result, '0x7a69');
});
