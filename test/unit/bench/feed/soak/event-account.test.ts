import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EventAccount } from '../../../../../bench/feed/soak/event-account.ts';
import type { FinalBlock } from '../../../../../bench/feed/soak/soak-chain.ts';

const head = (number: number, hash = `h${number}`, parentHash = `h${number - 1}`) => ({
  number: `0x${number.toString(16)}`,
  hash,
  parentHash,
});
const log = (number: number, index: number, removed = false, blockHash = `h${number}`) => ({
  blockHash,
  blockNumber: `0x${number.toString(16)}`,
  logIndex: `0x${index.toString(16)}`,
  removed,
});
const block = (number: number, logs: number, hash = `h${number}`): FinalBlock => ({
  number,
  hash,
  logIndexes: Array.from({ length: logs }, (_, index) => index),
});

/** An account with blocks 5 to 7, each with two logs. */
function filled(hasReorgEvents = true): EventAccount {
  const account = new EventAccount(hasReorgEvents);
  for (const number of [5, 6, 7]) {
    account.head(head(number));
    for (const index of [0, 1]) account.log(log(number, index));
  }
  return account;
}
const chain = [block(4, 2), block(5, 2), block(6, 2), block(7, 2)];
const clean = { lost: 0, repeated: 0, disordered: 0 };

function sums({ lost, repeated, disordered }: { lost: number; repeated: number; disordered: number }) {
  return { lost, repeated, disordered };
}

describe('an account of events', () => {
  it('is clean when it is the chain, from the first block that came', () => {
    assert.deepEqual(sums(filled().verdict(chain)), clean);
  });

  it('tells lost blocks and logs', () => {
    assert.deepEqual(sums(filled().verdict([...chain, block(8, 2)])), { ...clean, lost: 3 });
    assert.deepEqual(sums(filled().verdict([block(5, 2), block(6, 3), block(7, 2)])), { ...clean, lost: 1 });
  });

  it('tells repeated blocks and logs', () => {
    const account = filled();
    account.head(head(7));
    account.log(log(7, 1));
    assert.deepEqual(sums(account.verdict(chain)), { ...clean, repeated: 2 });
  });

  it('takes a log that was taken back as gone, once', () => {
    const account = filled();
    account.reorged([{ number: 7, hash: 'h7' }]);
    for (const index of [1, 0]) account.log(log(7, index, true));
    account.head(head(7, 'x7'));
    assert.deepEqual(sums(account.verdict([block(5, 2), block(6, 2), block(7, 0, 'x7')])), clean);
    account.log(log(7, 0, true));
    assert.equal(account.verdict([block(5, 2), block(6, 2), block(7, 0, 'x7')]).repeated, 1);
  });

  it('tells logs of an orphaned block that were never taken back', () => {
    const account = filled();
    account.reorged([{ number: 7, hash: 'h7' }]);
    account.head(head(7, 'x7'));
    assert.equal(account.verdict([block(5, 2), block(6, 2), block(7, 0, 'x7')]).repeated, 2);
  });

  it('tells a skipped block, another parent and a log before its head', () => {
    const account = filled();
    account.head(head(9));
    assert.equal(account.verdict(chain).disordered, 1);
    const other = filled();
    other.head(head(8, 'h8', 'x7'));
    assert.equal(other.verdict(chain).disordered, 1);
    const early = filled();
    early.log(log(8, 0));
    assert.equal(early.verdict([...chain]).disordered, 1);
  });

  it('has a block replaced by another head of its number where no reorganisations are told', () => {
    const account = filled(false);
    for (const index of [1, 0]) account.log(log(7, index, true));
    account.head(head(7, 'x7'));
    assert.deepEqual(sums(account.verdict([block(5, 2), block(6, 2), block(7, 0, 'x7')])), clean);
  });

  it('compares up to a block only, when the end was not seen', () => {
    assert.deepEqual(sums(filled().verdict([...chain, block(8, 1)], 7)), clean);
  });
});
