import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderSessions } from '../../../src/cli/render-sessions.ts';
import { paintFor } from '../../../src/cli/terminal.ts';
import type { SessionsAnswer } from '../../../src/exchange/session-actions.ts';

const entry = {
  key: '7:sig:0:0',
  kind: 'PDAComputedEvent',
  slot: 7,
  sessionId: 'abc\u001b[2J',
  address: 'So11111111111111111111111111111111111111112',
  attempts: 1,
  arrivedAt: 0,
  signature: undefined,
} as const;

const answer: SessionsAnswer = {
  health: {
    status: 'degraded',
    state: 'running',
    slot: 12,
    balance_lamports: 1_500_000_000,
    stream: { state: 'running', slot: 12, parseErrors: 0 },
    queue_size: 1,
    reasons: ['the balance of the wallet is low', '6 of the newest 100 PDAComputedEvent were late'],
  },
  status: {
    is_running: true,
    state: 'running',
    uptime_seconds: 61.7,
    accounts_created: 5,
    accounts_existing: 1,
    accounts_failed: 3,
    accounts_rejected: 1,
    events_processed: 9,
    queue_size: 1,
    creations_active: 1,
    wallet_address: 'wallet1',
    wallet_balance_lamports: 1_500_000_000,
    slot: 12,
    deadlines: [
      { kind: 'PDAComputedEvent', deadlineMs: 5_000, count: 9, late: 6, isAlert: true },
      { kind: 'SessionQueuedEvent', deadlineMs: 1_000, count: 0, late: 0, isAlert: false },
    ],
    waiting: [{ ...entry, state: 'creating', reason: '', finishedAt: undefined }],
    done: [{ ...entry, sessionId: '', state: 'failed', reason: 'the owner\nis another', finishedAt: 1 }],
  },
};

describe('the session builder on a terminal', () => {
  it('is facts, deadlines, and the newest events', () => {
    assert.deepEqual(renderSessions(answer, paintFor({ isTTY: false })).split('\n'), [
      '  health    degraded: the balance of the wallet is low; 6 of the newest 100 PDAComputedEvent were late',
      '  state     running',
      '  uptime    61 s',
      '  wallet    wallet1',
      '  balance   1.5000 SOL',
      '  stream    running, slot 12',
      '  queue     1 waiting, 1 being created',
      '  accounts  5 created, 1 were there already, 3 not created (1 rejected, 2 failed)',
      '  events    9',
      '',
      '  event             deadline  seen  late of the newest 100',
      '  PDAComputedEvent  5000 ms   9     6: too many',
      '',
      'waiting:',
      '  slot  event             session  account                                      state     failed tries  what came of it',
      '  7     PDAComputedEvent  abc [2J  So11111111111111111111111111111111111111112  creating  1             –',
      '',
      'done:',
      '  slot  event             session  account                                      state   failed tries  what came of it',
      '  7     PDAComputedEvent  –        So11111111111111111111111111111111111111112  failed  1             the owner is another',
    ]);
  });

  it('leaves out what is not known', () => {
    const { wallet_address: _a, wallet_balance_lamports: _b, ...status } = answer.status;
    const text = renderSessions(
      {
        health: { ...answer.health, status: 'ok', reasons: [], stream: undefined },
        status: {
          ...status,
          wallet_address: undefined,
          wallet_balance_lamports: undefined,
          deadlines: [],
          waiting: [],
          done: [],
        },
      },
      paintFor({ isTTY: false }),
    );
    assert.match(text, /^ {2}health {4}ok\n/);
    assert.match(text, /balance {3}–\n {2}stream {4}–/);
    assert.doesNotMatch(text, /waiting:|deadline/);
  });
});
