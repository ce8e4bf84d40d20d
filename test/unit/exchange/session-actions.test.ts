import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type SessionActionSources, sessionActions } from '../../../src/exchange/session-actions.ts';
import { sessionBuilderName } from '../../../src/sessions/session-builder-process.ts';
import type { SessionHealth, SessionStats } from '../../../src/sessions/session-status.ts';

const stats: SessionStats = {
  is_running: true,
  state: 'running',
  uptime_seconds: 3,
  accounts_created: 5,
  accounts_existing: 1,
  accounts_failed: 2,
  accounts_rejected: 1,
  events_processed: 8,
  queue_size: 0,
  creations_active: 0,
  wallet_address: undefined,
  wallet_balance_lamports: undefined,
  slot: 9,
  deadlines: [],
};

const health: SessionHealth = {
  status: 'ok',
  state: 'running',
  slot: 9,
  balance_lamports: undefined,
  stream: undefined,
  queue_size: 0,
  reasons: [],
};

function setUp(isThere = true) {
  const asked: unknown[] = [];
  const builder = {
    stats: () => stats,
    health: () => health,
    status: async (options: { readonly limit?: number } = {}) => {
      asked.push(options);
      return { ...stats, waiting: [], done: [] };
    },
  };
  const call = (async (name: unknown, request: unknown) => {
    asked.push([name, request]);
    return 'paused';
  }) as SessionActionSources['system']['call'];
  const actions = sessionActions({ sessions: () => (isThere ? builder : undefined), system: { call } });
  const run = async (method: string, path: string, body: unknown = {}) =>
    actions.find(action => action.method === method && action.path === path)!.run(body);
  return { asked, run };
}

describe('the admin actions of the session builder', () => {
  it('show its health, its figures and so many events as are asked for', async () => {
    const { asked, run } = setUp();
    const answer = { health, status: { ...stats, waiting: [], done: [] } };
    assert.deepEqual(await run('GET', 'sessions'), answer);
    assert.deepEqual(await run('POST', 'sessions', { limit: 5 }), answer);
    assert.deepEqual(asked, [{}, { limit: 5 }]);
    await assert.rejects(run('POST', 'sessions', { limit: 5_000 }), { message: /from 1 to 1000/ });
  });

  it('pause and resume it through its process', async () => {
    const { asked, run } = setUp();
    assert.deepEqual(await run('POST', 'sessions/command', { command: 'pause' }), { state: 'paused' });
    assert.deepEqual(asked, [[sessionBuilderName, { type: 'command', command: 'pause' }]]);
    await assert.rejects(run('POST', 'sessions/command', { command: 'reset' }), { message: /pause, resume/ });
  });

  it('say that there is none', async () => {
    const { run } = setUp(false);
    for (const [method, path] of [
      ['GET', 'sessions'],
      ['POST', 'sessions/command'],
    ] as const)
      await assert.rejects(run(method, path, { command: 'pause' }), { code: 'no_session_builder' });
  });
});
