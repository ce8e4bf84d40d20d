import type { SessionsAnswer } from '../exchange/session-actions.ts';
import type { SessionEntry, SessionHealth } from '../sessions/session-status.ts';
import { oneLine } from './one-line.ts';
import { table } from './table.ts';
import type { Paint } from './terminal.ts';

const lamportsPerSol = 1e9;

/** The session builder for a terminal: how it is, how soon it deals with events, and the newest of them. */
export function renderSessions({ health, status }: SessionsAnswer, paint: Paint): string {
  const { wallet_address: wallet, wallet_balance_lamports: balance, uptime_seconds: uptime } = status;
  const facts: [string, string][] = [
    [
      'health',
      `${healthColour(health.status, paint)}${health.reasons.length > 0 ? `: ${health.reasons.join('; ')}` : ''}`,
    ],
    ['state', status.state],
    ['uptime', `${Math.floor(uptime)} s`],
    ['wallet', wallet ?? '–'],
    ['balance', balance === undefined ? '–' : `${(balance / lamportsPerSol).toFixed(4)} SOL`],
    ['stream', health.stream === undefined ? '–' : `${health.stream.state}, slot ${health.stream.slot}`],
    ['queue', `${status.queue_size} waiting, ${status.creations_active} being created`],
    ['accounts', accounts(status)],
    ['events', String(status.events_processed)],
  ];
  const late = status.deadlines.filter(({ count }) => count > 0);
  return [
    ...facts.map(([name, value]) => `  ${name.padEnd(8)}  ${value}`),
    ...(late.length === 0
      ? []
      : ['', table(['event', 'deadline', 'seen', 'late of the newest 100'], late.map(row(paint)))]),
    ...entries('waiting', status.waiting, paint),
    ...entries('done', status.done, paint),
  ].join('\n');
}

function accounts(status: SessionsAnswer['status']): string {
  const { accounts_created: created, accounts_existing: existing } = status;
  const { accounts_failed: notCreated, accounts_rejected: rejected } = status;
  const why = `${rejected} rejected, ${notCreated - rejected} failed`;
  return `${created} created, ${existing} were there already, ${notCreated} not created (${why})`;
}

function row(paint: Paint) {
  return ({ kind, deadlineMs, count, late, isAlert }: SessionsAnswer['status']['deadlines'][number]) => [
    kind,
    `${deadlineMs} ms`,
    String(count),
    isAlert ? paint.red(`${late}: too many`) : String(late),
  ];
}

function entries(title: string, shown: readonly SessionEntry[], paint: Paint): string[] {
  if (shown.length === 0) return [];
  const rows = shown.map(({ slot, kind, sessionId, address, state, attempts, reason }) => [
    String(slot),
    kind,
    oneLine(sessionId, 40) || '–',
    address ?? '–',
    stateColour(state, paint),
    String(attempts),
    oneLine(reason, 80) || '–',
  ]);
  const head = ['slot', 'event', 'session', 'account', 'state', 'failed tries', 'what came of it'];
  return ['', `${title}:`, table(head, rows)];
}

function healthColour(status: SessionHealth['status'], paint: Paint): string {
  if (status === 'ok') return paint.green(status);
  return status === 'down' ? paint.red(status) : paint.yellow(status);
}

function stateColour(state: SessionEntry['state'], paint: Paint): string {
  if (state === 'done') return paint.green(state);
  return state === 'failed' || state === 'rejected' ? paint.red(state) : state;
}
