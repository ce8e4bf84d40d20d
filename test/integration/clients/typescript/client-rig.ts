import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createPublicClient, decodeEventLog, type Hex } from 'viem';
import { anvil } from 'viem/chains';
import { type FeedItem, follow } from '../../../../clients/typescript/src/follow.ts';
import { trunkline as trunklineTransport } from '../../../../clients/typescript/src/viem.ts';
import { CuttableProxy } from '../../../support/cuttable-proxy.ts';
import { startDevnet } from '../../../support/devnet.ts';
import { eventually } from '../../../support/eventually.ts';
import { type RunningTrunkline, startTrunkline } from '../../../support/trunkline.ts';
import { LedgerChain, ledgerAbi } from './ledger-chain.ts';

const reconnect = { minDelayMs: 5, maxDelayMs: 100 };

/** An anvil behind three providers, a Trunkline with a store before them, and a proxy before that. */
export async function rig(t: TestContext) {
  const devnet = await startDevnet(t, { blockTimeMs: 250 });
  const directory = mkdtempSync(join(tmpdir(), 'trunkline-client-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const providers = devnet.providers.map(
    ({ id, url, wsUrl }) => `      - { id: ${id}, url: "${url}", ws_url: "${wsUrl}" }`,
  );
  const yaml = [
    `storage: { directory: "${directory}" }`,
    'chains:',
    '  devnet:',
    '    chain_id: 31337',
    '    block_time: 250ms',
    '    providers:',
    ...providers,
  ].join('\n');
  const chain = await LedgerChain.deploy(devnet.node.url);
  let running: RunningTrunkline | undefined;
  const start = async () => {
    running = await startTrunkline(yaml, t);
    await running.allUp();
  };
  const stop = async () => {
    await running!.stop();
    running = undefined;
  };
  const proxy = await CuttableProxy.start(t, () =>
    running === undefined ? 1 : Number(new URL(running.url).port),
  );
  await start();
  return { chain, proxy, start, stop, address: `ws://127.0.0.1:${proxy.port}` };
}

/** Follows the ledger with both clients until the test ends; settles once both have begun. */
export async function followBoth(t: TestContext, url: string, address: Hex) {
  const followed = followLedger(t, url, address);
  const watched = watchLedger(t, url, address);
  await eventually(
    () => followed.heads().length > 0 && watched.heads.length > 0 && watched.blocks.length > 0,
  );
  return { followed, watched };
}

/** Waits until both clients have all notes, and fails if they lost or repeated anything. */
export async function assertAllSeen(
  { followed, watched }: Awaited<ReturnType<typeof followBoth>>,
  notes: readonly (string | undefined)[],
): Promise<void> {
  const { length } = notes;
  await eventually(() => followed.notes().length >= length && watched.notes.length >= length, 'all events');
  assert.deepEqual(followed.notes(), notes);
  assert.deepEqual(watched.notes, notes);
  assert.deepEqual(followed.others(), []);
  assert.deepEqual(watched.errors, []);
  assertSeamless(followed.heads());
  assertSeamless(watched.heads);
  // viem fetches each block, and hands them over as they come.
  await eventually(() => {
    assertSeamless(watched.blocks.toSorted((a, b) => a - b));
    return true;
  });
}

/** Follows heads and logs of the ledger until the test ends. */
function followLedger(t: TestContext, url: string, address: string) {
  const items: FeedItem[] = [];
  const feed = follow({
    url: `${url}/feed`,
    topics: ['devnet.heads', `devnet.logs.${address}.>`],
    reconnect,
  });
  t.after(() => feed.return());
  const ended = (async () => {
    for await (const item of feed) items.push(item);
  })();
  ended.catch(() => {});
  const notes = () =>
    items
      .filter(item => item.topic?.startsWith('devnet.logs.'))
      .map(({ data }) => {
        const { topics, data: bytes } = data as { topics: [Hex, Hex, Hex]; data: Hex };
        return decodeEventLog({ abi: ledgerAbi, eventName: 'Entry', topics, data: bytes }).args.note;
      });
  const heads = () =>
    items
      .filter(item => item.topic === 'devnet.heads')
      .map(({ data }) => Number((data as { number: string }).number));
  const others = () => items.filter(item => item.type !== 'event');
  return { feed, items, notes, heads, others };
}

/** Watches blocks and events with viem until the test ends. */
function watchLedger(t: TestContext, url: string, address: Hex) {
  const transport = trunklineTransport(`${url}/rpc/devnet`, { reconnect });
  const client = createPublicClient({ chain: anvil, transport });
  t.after(() => client.transport.close());
  const heads: number[] = [];
  const blocks: number[] = [];
  const notes: (string | undefined)[] = [];
  const errors: Error[] = [];
  const onError = (error: Error) => errors.push(error);
  client.watchBlockNumber({ onBlockNumber: number => heads.push(Number(number)), onError });
  client.watchBlocks({ onBlock: block => blocks.push(Number(block?.number)), onError });
  client.watchContractEvent({
    abi: ledgerAbi,
    address,
    eventName: 'Entry',
    onLogs: logs => notes.push(...logs.map(log => log.args.note)),
    onError,
  });
  return { client, heads, blocks, notes, errors };
}

/** No number is skipped, none comes twice. */
function assertSeamless(numbers: readonly number[]): void {
  assert.deepEqual(
    numbers,
    Array.from(numbers, (_, index) => (numbers[0] ?? 0) + index),
  );
}
