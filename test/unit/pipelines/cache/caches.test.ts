import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encode } from '../../../../src/chains/solana/base58.ts';
import type { AccountUpdate } from '../../../../src/chains/solana/updates.ts';
import { AccountCache } from '../../../../src/pipelines/cache/account-cache.ts';
import { ProgramCache } from '../../../../src/pipelines/cache/program-cache.ts';
import { silentMetrics } from '../../../../src/telemetry/metrics.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { account } from '../support/pipeline-bench.ts';

function chain(answers: Record<string, unknown>) {
  const asked: string[] = [];
  const calls = {
    async call(method: string, params: readonly unknown[]) {
      asked.push(`${method} ${params[0]}`);
      return { context: { slot: 5 }, value: answers[params[0] as string] ?? null };
    },
  };
  return { asked, calls, clock: new ManualClock(), metrics: silentMetrics };
}

const info = (owner: string, data: Uint8Array, executable = false) => ({
  owner,
  lamports: 9,
  data: [Buffer.from(data).toString('base64'), 'base64'],
  executable,
});

describe('AccountCache', () => {
  const key = encode(new Uint8Array(32).fill(1));

  it('asks once for one account, however many want it, and again when its time is over', async () => {
    const parts = chain({ [key]: info('owner', Uint8Array.of(7)) });
    const cache = new AccountCache({ chain: 'sol', ttlMs: 1_000 }, parts);
    const [one, two] = await Promise.all([cache.get(key), cache.get(key)]);
    assert.equal(one, two);
    assert.deepEqual([one!.owner, one!.lamports, [...one!.data]], ['owner', 9n, [7]]);
    await cache.get(key);
    assert.equal(parts.asked.length, 1);
    parts.clock.advance(1_000);
    await cache.get(key);
    assert.equal(parts.asked.length, 2);
  });

  it('takes what a stream tells of accounts that somebody asked for, unless it is older', async () => {
    const parts = chain({ [key]: info('owner', Uint8Array.of(7)) });
    const cache = new AccountCache({ chain: 'sol' }, parts);
    const told = account(8, 42) as AccountUpdate;
    cache.observe(told);
    await cache.get(key);
    cache.observe(account(4, 1) as AccountUpdate);
    assert.deepEqual([...(await cache.get(key))!.data], [7]);
    cache.observe(told);
    told.data.fill(0);
    assert.deepEqual([(await cache.get(key))!.slot, [...(await cache.get(key))!.data]], [8, [42]]);
    assert.equal(parts.asked.length, 1);
  });

  it('gives up the account that was used longest ago, and knows of accounts that there are not', async () => {
    const parts = chain({});
    const cache = new AccountCache({ chain: 'sol', max: 2 }, parts);
    for (const one of ['a', 'b', 'a', 'c', 'a', 'b']) assert.equal(await cache.get(one), null);
    assert.deepEqual(
      parts.asked.map(text => text.slice(-1)),
      ['a', 'b', 'c', 'b'],
    );
  });
});

describe('ProgramCache', () => {
  it('follows a program to where its code is', async () => {
    const loader = 'BPFLoaderUpgradeab1e11111111111111111111111';
    const held = new Uint8Array(32).fill(3);
    const state = Buffer.concat([Buffer.from([2, 0, 0, 0]), held]);
    const authority = new Uint8Array(32).fill(4);
    const header = Buffer.concat([Buffer.from([3, 0, 0, 0]), Buffer.alloc(8), Buffer.from([1]), authority]);
    header.writeBigUInt64LE(77n, 4);
    const parts = chain({
      program: info(loader, state, true),
      [encode(held)]: info(loader, header),
      plain: info('BPFLoader2111111111111111111111111111111111', Buffer.alloc(9), true),
      account: info('11111111111111111111111111111111', Buffer.alloc(9)),
    });
    const cache = new ProgramCache({ chain: 'sol' }, parts);
    assert.deepEqual(await cache.get('program'), {
      loader,
      programData: encode(held),
      deployedSlot: 77,
      authority: encode(authority),
    });
    assert.equal((await cache.get('plain'))?.programData, undefined);
    assert.equal(await cache.get('account'), null);
    assert.equal(await cache.get('nothing'), null);
  });
});
