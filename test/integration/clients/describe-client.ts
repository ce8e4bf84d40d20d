import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { devnetYaml, type RunningTrunkline, startTrunkline } from '../../support/trunkline.ts';

/** The accounts that every anvil funds. */
export const mnemonic = 'test test test test test test test test test test test junk';

/** What a client found out; `facts` must not depend on the account or on where it asked. */
export interface ClientFindings {
  /** Numbers of the heads that came over the subscription. */
  readonly heads: readonly number[];
  readonly facts: { readonly entries: readonly { readonly note: unknown }[] };
}

/**
 * What a dapp does with one client library: reads, a signed transfer, a deployed contract's events over a subscription,
 * a batch, a revert with data. `midway` is called between the transfer and the events.
 */
export type ClientScript = (
  url: string,
  wsUrl: string,
  accountIndex: number,
  midway: () => Promise<void>,
) => Promise<ClientFindings>;

/** Runs a script at the node itself and through Trunkline, and again while the provider in use is killed. */
export function describeClient(
  name: string,
  script: ClientScript,
  more: (running: () => RunningTrunkline) => void = () => {},
): void {
  describe(name, () => {
    let trunkline: RunningTrunkline;
    const nothing = async () => {};
    const urls = () => [`${trunkline.url}/rpc/devnet`, `${trunkline.wsUrl}/rpc/31337`] as const;
    before(async () => {
      trunkline = await startTrunkline(devnetYaml);
      await trunkline.allUp();
    });
    after(() => trunkline.stop());

    it('finds through Trunkline what it finds at the node', async () => {
      const { node } = trunkline.chain('devnet').devnet!;
      const atNode = await script(node.url, node.wsUrl, 1, nothing);
      const through = await script(...urls(), 2, nothing);
      assert.deepEqual(through.facts, atNode.facts);
      assertWhole(through);
    });

    it('notices nothing when the provider in use is killed in the middle', async () => {
      const { devnet } = trunkline.chain('devnet');
      assertWhole(await script(...urls(), 3, () => devnet!.fault(1, 'kill')));
      await devnet!.heal();
    });

    more(() => trunkline);
  });
}

function assertWhole({ heads, facts }: ClientFindings): void {
  assert.deepEqual(
    facts.entries.map(entry => entry.note),
    ['one', 'two', 'three'],
  );
  assert.deepEqual(
    heads,
    Array.from({ length: heads.length }, (_, index) => heads[0]! + index),
    'no head skipped, none repeated',
  );
}
