import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { evmSubscriptions } from '../../../../src/chains/evm/subscriptions.ts';
import { eventKinds } from '../../../../src/feed/events/feed-event.ts';
import { notificationFormat } from '../../../../src/gateway/socket/notification-format.ts';
import { feedEvent, payloadsOf } from '../fake-feed.ts';

const formatOf = (id: string) => notificationFormat(id, evmSubscriptions.notification('["newHeads"]', id));

describe('notificationFormat', () => {
  it('puts the data of heads, logs and transactions into notifications as it is', () => {
    const format = formatOf('0xab');
    for (const [kind, data] of [
      [eventKinds.head, '{"number": 1e0 }'],
      [eventKinds.log, `{"data":"${'f'.repeat(70_000)}"}`],
      [eventKinds.pending, '"0x1"'],
    ] as const) {
      assert.deepEqual(payloadsOf(format.event(feedEvent(kind, data), 'e:1')!), [
        `{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xab","result":${data}}}`,
      ]);
    }
  });

  it('has no frame for what a notification cannot tell', () => {
    const format = formatOf('0xab');
    for (const kind of [eventKinds.reorg, eventKinds.gap, eventKinds.finality]) {
      assert.equal(format.event(feedEvent(kind, '{}'), 'e:1'), undefined);
    }
    assert.equal(format.gap({ reason: 'expired', message: 'gone' }, 'e:1'), undefined);
  });

  it('makes frames of their own for each subscription', () => {
    assert.notEqual(formatOf('0xab').key, formatOf('0xac').key);
  });
});
