import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FeedItem } from '../../../clients/typescript/src/follow.ts';
import { renderEvent } from '../../../src/cli/render-event.ts';
import { paintFor } from '../../../src/cli/terminal.ts';

const hash = (digit: string) => `0x${digit.repeat(64)}`;
const time = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

function shown(item: Record<string, unknown>): string {
  return renderEvent({ type: 'event', cursor: 'e:1', time, ...item } as FeedItem, paintFor({}));
}

describe('an event on a terminal', () => {
  it('says of a block its number, hash and gas', () => {
    assert.equal(
      shown({
        topic: 'devnet.heads',
        data: { number: '0x1f', hash: hash('a'), gasUsed: '0x5208', gasLimit: '0xa410' },
      }),
      '03:04:05.678  devnet.heads  block 31 0xaaaa…aaaa, 21000 gas (50 %)',
    );
  });

  it('says of a log where it is from, and whether it was taken back', () => {
    const topic = `devnet.logs.0x${'b'.repeat(40)}.${hash('c')}`;
    const data = { blockNumber: '0x2', logIndex: '0x0', transactionHash: hash('d'), data: '0x0011' };
    assert.equal(
      shown({ topic, data }),
      '03:04:05.678  devnet.logs.0xbbbb…bbbb.0xcccc…cccc  log 0 of block 2, transaction 0xdddd…dddd, 2 bytes',
    );
    assert.match(shown({ topic, data: { ...data, removed: true } }), /2 bytes, taken back$/);
  });

  it('says what else may happen', () => {
    const end = (item: Record<string, unknown>) => shown(item).slice('03:04:05.678  '.length);
    assert.equal(end({ topic: 'd.pending', data: hash('e') }), `d.pending  transaction ${hash('e')}`);
    assert.equal(
      end({ topic: 'd.finality', data: { tag: 'safe', number: 3, hash: hash('f') } }),
      'd.finality  safe: block 3 0xffff…ffff',
    );
    assert.equal(
      end({ topic: 'd.providers', data: { provider: 'a', state: 'down', reason: 'x' } }),
      'd.providers  a is down: x',
    );
    assert.equal(end({ topic: 'system.config', data: { a: 1 } }), 'system.config  {"a":1}');
    assert.equal(
      end({
        type: 'reorg',
        topic: 'd.reorgs',
        data: {
          depth: 1,
          ancestor: { number: 4, hash: hash('1') },
          orphaned: [{ number: 5, hash: hash('2') }],
          adopted: [{ number: 5, hash: hash('3') }],
        },
      }),
      'd.reorgs  REORG 1 deep, back to 4 0x1111…1111: gone are 5 0x2222…2222; instead 5 0x3333…3333',
    );
  });

  it('makes a gap stand out', () => {
    const gap = {
      type: 'gap',
      cursor: 'e:1',
      chain: 'devnet',
      data: { reason: 'outage', message: 'm', fromBlock: 3, toBlock: 9 },
    } as const;
    const paint = { ...paintFor({}), red: (text: string) => `<red>${text}</red>` };
    assert.match(renderEvent(gap, paint), /<red>GAP outage \(blocks 3 to 9\): m<\/red>$/);
    assert.match(renderEvent(gap, paintFor({})), /^ {14}devnet\.gaps {2}GAP/);
  });

  it('survives data of any shape, and lets none of it steer the terminal', () => {
    for (const data of [null, undefined, 5, 'x', [], {}, { number: {}, hash: 7 }]) {
      for (const topic of ['d.heads', 'd.logs.a.b', 'd.pending', 'd.providers', 'd.finality', 'd', 'd.x'])
        assert.ok(shown({ topic, data }).length > 10);
    }
    const line = shown({ topic: 'd.providers', data: { provider: '\u001b[2J\r\n', state: 'x\u009b' } });
    assert.ok(!/\p{Cc}/u.test(line), JSON.stringify(line));
  });
});
