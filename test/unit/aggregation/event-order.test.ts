import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EventOrder, ownCall } from '../../../src/aggregation/event-order.ts';
import { SubjectBudget } from '../../../src/aggregation/subject-budget.ts';

function setUp(order: 'ascending' | 'latest', budget = new SubjectBudget()) {
  const live = new Set(['a', 'b']);
  const chain = { highest: Number.POSITIVE_INFINITY };
  const events = new EventOrder(
    { breadth: 'some', order },
    { isLive: id => live.has(id), isPlausible: slot => slot <= chain.highest, budget },
  );
  const told: string[] = [];
  const tell = (by: string, slot: number, version = '', subject = '') => {
    if (events.admits({ slot, version, subject }, by, true)) told.push(`${slot}${version}${subject}`);
  };
  return { events, live, chain, told, tell };
}

describe('EventOrder of what ascends', () => {
  it('tells none at or below the last one', () => {
    const { told, tell } = setUp('ascending');
    for (const slot of [5, 7, 6, 7, 8]) tell('a', slot);
    assert.deepEqual(told, ['5', '7', '8']);
  });

  it('ignores slots that the chain cannot have reached', () => {
    const { told, tell, chain } = setUp('ascending');
    chain.highest = 100;
    tell('a', 50);
    tell('b', 10 ** 15);
    tell('a', 51);
    assert.deepEqual(told, ['50', '51']);
  });

  it('follows a chain that began anew', () => {
    const { events, told, tell, chain } = setUp('ascending');
    tell('a', 5_000);
    chain.highest = 100;
    tell('a', 3);
    assert.deepEqual(told, ['5000', '3'], 'what was told is no longer plausible');
    events.reset();
    tell('a', 1);
    assert.deepEqual(told, ['5000', '3', '1'], 'it was said so');
  });
});

describe('EventOrder of states', () => {
  it('takes a state of an earlier slot for outdated, whoever brings it', () => {
    const { told, tell } = setUp('latest');
    tell('a', 7, 'v');
    tell('b', 6, 'u');
    tell('b', 8, 'w');
    assert.deepEqual(told, ['7v', '8w']);
  });

  it('tells several states of a slot by one provider only, the last one in the end', () => {
    const { told, tell, live } = setUp('latest');
    tell('a', 7, 'v');
    tell('a', 7, 'w');
    tell('b', 7, 'u');
    tell('b', 7, 'v');
    assert.deepEqual(told, ['7v', '7w']);
    live.delete('a');
    tell('b', 7, 'w');
    tell('b', 7, 'x');
    assert.deepEqual(told, ['7v', '7w', '7x'], 'the one that takes over is believed');
  });

  it('tells the same state again only when the provider that told it saw it written again', () => {
    const { told, tell } = setUp('latest');
    tell('a', 7, 'v');
    tell('b', 8, 'v');
    tell(ownCall, 9, 'v');
    assert.deepEqual(told, ['7v']);
    tell('a', 9, 'v');
    assert.deepEqual(told, ['7v', '9v']);
  });

  it('believes a call of its own about the slot that was told last', () => {
    const { told, tell } = setUp('latest');
    tell('a', 7, 'v');
    tell(ownCall, 6, 'u');
    tell(ownCall, 7, 'w');
    assert.deepEqual(told, ['7v', '7w']);
  });

  it('keeps subjects apart, and at most 10,000 of them', () => {
    const { events, told, tell } = setUp('latest');
    tell('a', 7, 'v', 'k');
    tell('a', 6, 'v', 'l');
    assert.deepEqual(told, ['7vk', '6vl']);
    for (let i = 0; i < 9_999; i++) tell('a', 8, 'v', `#${i}`);
    assert.equal(events.admits({ slot: 6, version: 'v', subject: 'k' }, 'a', true), true, 'forgotten');
    assert.equal(events.admits({ slot: 7, version: 'v', subject: '#5' }, 'a', true), false);
    assert.equal(events.admits({ slot: 7, version: 'v', subject: 'new' }, 'a', false), false);
  });

  it('remembers one subject whatever others take, and gives back what it took', () => {
    const budget = new SubjectBudget(2);
    const [one, other] = [setUp('latest', budget), setUp('latest', budget)];
    for (const subject of ['k', 'l', 'm', 'n']) one.tell('a', 7, 'v', subject);
    assert.equal(budget.taken, 2);
    other.tell('a', 7, 'v', 'k');
    other.tell('a', 7, 'v', 'l');
    other.tell('a', 6, 'v', 'l');
    assert.deepEqual(other.told, ['7vk', '7vl']);
    one.events.reset();
    assert.equal(budget.taken, 0);
  });
});
