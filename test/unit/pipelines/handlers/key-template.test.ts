import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encode } from '../../../../src/chains/solana/base58.ts';
import { keyTemplate } from '../../../../src/pipelines/handlers/key-template.ts';
import { StorageHandler } from '../../../../src/pipelines/handlers/storage-handler.ts';
import { rawParser } from '../../../../src/pipelines/parsers/raw-parser.ts';
import type { PipelineItem } from '../../../../src/pipelines/pipeline.ts';
import { RunningStorage } from '../../../support/storage-runtime.ts';

const pubkey = new Uint8Array(32).fill(7);
const address = encode(pubkey);

/** A write of the account, as the parser `raw` reads it. */
function write(slot: number, lamports: bigint): PipelineItem {
  const outcome = rawParser.parse({
    kind: 'account',
    slot,
    pubkey,
    owner: new Uint8Array(32),
    lamports,
    data: new Uint8Array(),
    isExecutable: false,
    writeVersion: BigInt(slot),
    signature: undefined,
  });
  assert.ok(outcome.kind === 'parsed');
  const key = `${slot}:${address}:${slot}`;
  const origin = {
    chain: 'sol',
    slot,
    signature: undefined,
    path: undefined,
    ordinal: 0,
    key,
    isRemoved: false,
  };
  return { pipeline: 'p', value: outcome.values[0], origin };
}

describe('the template of a key', () => {
  it('names the account by {pubkey}, so that each write replaces the one before', async t => {
    const storage = new RunningStorage();
    await storage.start();
    t.after(async () => {
      await storage.stop();
      await storage.remove();
    });
    const store = storage.client.store('kv');
    const handler = new StorageHandler({ id: 's', key: 'vault:{pubkey}' }, { store });
    await handler.handleBatch([write(5, 1n), write(6, 2n)]);
    await handler.handle(write(7, 3n));
    assert.equal(await store.dbSize(), 1);
    const kept = JSON.parse(String(await store.get(`vault:${address}`))) as object;
    assert.ok('lamports' in kept && kept.lamports === '3', JSON.stringify(kept));
  });

  it('has nothing for {pubkey} and {name} of a value without them', () => {
    const { origin } = write(5, 1n);
    const key = keyTemplate('{pubkey}/{name}/{slot}');
    for (const value of [{ data: 1 }, { pubkey: 5, name: null }, null, undefined, 'text'])
      assert.equal(key({ pipeline: 'p', value, origin }), '//5');
  });

  it('takes a brace that is not closed as it stands', () => {
    const { origin } = write(5, 1n);
    for (const [template, wanted] of [
      ['{slotX', '{slotX'],
      ['{{slot}', '{5'],
      ['{slot}{', '5{'],
    ] as const)
      assert.equal(keyTemplate(template)({ pipeline: 'p', value: undefined, origin }), wanted);
  });
});
