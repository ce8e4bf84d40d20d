import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { EventKind } from '../../../../src/chains/chain-family.ts';
import {
  eventKey,
  eventKind,
  eventPlace,
  isLastEvent,
  readHead,
} from '../../../../src/chains/solana/event-key.ts';

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
const key = (kind: EventKind, value: unknown) => eventKey(kind, bytes(value));
const at = (slot: number, value: unknown) => ({ context: { slot, apiVersion: '3.1.0' }, value });
const account = (lamports: number) => ({ lamports, data: ['', 'base64'], owner: 'x', rentEpoch: 0 });

const kinds: readonly EventKind[] = [
  'heads',
  'roots',
  'logs',
  'accounts',
  'programs',
  'signatures',
  'blocks',
  'votes',
  'slot_updates',
];

describe('eventKey of Solana', () => {
  it('tells events of one kind apart', () => {
    const apart: [EventKind, unknown[]][] = [
      [
        'heads',
        [
          { slot: 1, parent: 0, root: 0 },
          { slot: 2, parent: 1, root: 0 },
        ],
      ],
      ['roots', [1, 2]],
      [
        'logs',
        [
          at(1, { signature: 'a', err: null, logs: [] }),
          at(1, { signature: 'b', err: null, logs: [] }),
          at(2, { signature: 'a', err: null, logs: [] }),
        ],
      ],
      ['accounts', [at(1, account(1)), at(1, account(2)), at(2, account(1))]],
      [
        'programs',
        [
          at(1, { pubkey: 'a', account: account(1) }),
          at(1, { pubkey: 'b', account: account(1) }),
          at(1, { pubkey: 'a', account: account(2) }),
        ],
      ],
      ['signatures', [at(1, 'receivedSignature'), at(1, { err: null })]],
      ['blocks', [at(1, { slot: 1, block: null, err: null }), at(2, { slot: 2, block: null, err: null })]],
      [
        'votes',
        [
          { signature: 'a', votePubkey: 'v' },
          { signature: 'b', votePubkey: 'v' },
        ],
      ],
      [
        'slot_updates',
        [
          { slot: 1, type: 'root' },
          { slot: 1, type: 'frozen' },
          { slot: 2, type: 'root' },
        ],
      ],
    ];
    for (const [kind, events] of apart) {
      const keys = events.map(event => key(kind, event));
      assert.ok(!keys.includes(undefined), kind);
      assert.equal(new Set(keys).size, events.length, kind);
    }
  });

  it('is the same from providers that differ in what is theirs', () => {
    assert.equal(
      key('logs', at(1, { signature: 'a', err: null, logs: [] })),
      eventKey('logs', Buffer.from('{"value":{"logs":["x"],"signature":"a"},"context":{"slot":1}}')),
    );
    assert.equal(key('signatures', at(5, { err: null })), key('signatures', at(6, { err: null })));
    assert.equal(
      key('heads', { slot: 1, parent: 0, root: 0 }),
      key('heads', { root: 1, slot: 1, parent: 0 }),
    );
    assert.equal(
      key('slot_updates', { slot: 1, type: 'root', timestamp: 1 }),
      key('slot_updates', { slot: 1, type: 'root', timestamp: 2 }),
    );
  });

  it('has none for bytes that are not of the kind', () => {
    const odd = ['null', '[]', '{}', '"x"', '-1', '1.5', '{"context":{},"value":{}}', '{"slot":"1"}', ''];
    for (const kind of kinds)
      for (const text of odd) assert.equal(eventKey(kind, Buffer.from(text)), undefined, `${kind} ${text}`);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), fc.constantFrom(...kinds), (text, kind) => {
        eventKey(kind, Buffer.from(text));
        eventPlace(kind, Buffer.from(text));
        isLastEvent(kind, Buffer.from(text));
        readHead(Buffer.from(text));
      }),
    );
  });
});

describe('eventPlace', () => {
  it('says of an account when it was what', () => {
    const place = (slot: number, lamports: number) =>
      eventPlace('accounts', bytes(at(slot, account(lamports))))!;
    assert.deepEqual([place(7, 1).slot, place(7, 1).subject], [7, '']);
    assert.equal(place(7, 1).version, place(8, 1).version);
    assert.notEqual(place(7, 1).version, place(7, 2).version);
    const program = eventPlace('programs', bytes(at(7, { pubkey: 'k', account: account(1) })))!;
    assert.deepEqual(program, { ...place(7, 1), subject: 'k' });
  });
});

describe('isLastEvent', () => {
  it('is the execution of a signature, and nothing else', () => {
    assert.equal(isLastEvent('signatures', bytes(at(1, { err: null }))), true);
    assert.equal(isLastEvent('signatures', bytes(at(1, { err: { InstructionError: [0, 'x'] } }))), true);
    assert.equal(isLastEvent('signatures', bytes(at(1, 'receivedSignature'))), false);
    assert.equal(isLastEvent('logs', bytes(at(1, { err: null, signature: 'a' }))), false);
  });
});

describe('readHead', () => {
  it('reads notifications and answers of getSlot alike', () => {
    const head = readHead(bytes({ parent: 6, root: 1, slot: 7 }))!;
    assert.deepEqual([head.number, head.hash, head.parentHash], [7, '7', '6']);
    assert.equal(readHead(Buffer.from('7'))?.hash, head.hash);
    assert.equal(readHead(Buffer.from('{"slot":"7"}')), undefined);
  });
});

describe('eventKind of Solana', () => {
  it('goes by the method', () => {
    assert.equal(eventKind('["slotSubscribe"]'), 'heads');
    assert.equal(eventKind('["slotsUpdatesSubscribe"]'), 'slot_updates');
    assert.equal(eventKind('["logsSubscribe","all",{"commitment":"finalized"}]'), 'logs');
    assert.equal(eventKind('["newHeads"]'), undefined);
  });
});
