import type { SessionHealth, SessionStats, SessionStream } from './session-status.ts';

/** What the check looks at. */
export interface HealthSigns {
  readonly stats: SessionStats;
  readonly stream: SessionStream | undefined;
  readonly isStreamExpected: boolean;
  readonly isBalanceLow: boolean;
  readonly isChainAnswered: boolean;
  readonly maxQueue: number;
  /** Gaps in the stream since the start. */
  readonly gaps: number;
  /** How many of the newest accounts could not be created, one after the other. */
  readonly failedInARow: number;
}

/** Judges the service. */
export function sessionHealth(signs: HealthSigns): SessionHealth {
  const { stats, stream, isStreamExpected, isBalanceLow, isChainAnswered, maxQueue, gaps, failedInARow } =
    signs;
  const isStreaming = !isStreamExpected || stream?.state === 'running';
  const stops = [
    ...(stats.is_running ? [] : ['the service does not run']),
    ...(stats.state === 'paused' ? ['the service is paused'] : []),
    ...(stats.state === 'waiting_for_funds' ? ['the wallet is empty: creations wait for funds'] : []),
    ...(stats.state === 'waiting_for_chain' ? ['nobody answers calls to the chain: creations wait'] : []),
    ...(isStreaming ? [] : [`the stream of events is ${stream?.state ?? 'not there'}`]),
  ];
  const worries = [
    ...(isBalanceLow && stats.state !== 'waiting_for_funds' ? ['the balance of the wallet is low'] : []),
    ...(isChainAnswered || stats.state === 'waiting_for_chain'
      ? []
      : ['the last call to the chain was not answered']),
    ...(stats.queue_size < maxQueue ? [] : ['the queue is full: the stream waits']),
    ...(gaps === 0 ? [] : [`${gaps} gaps in the stream: events may be missing`]),
    ...((stream?.parseErrors ?? 0) === 0
      ? []
      : [`${stream!.parseErrors} parse errors in the stream: events may be missing`]),
    ...(failedInARow === 0 ? [] : [`the newest accounts (${failedInARow}) could not be created`]),
    ...stats.deadlines
      .filter(({ isAlert }) => isAlert)
      .map(({ kind, late }) => `${late} of the newest 100 ${kind} were late`),
  ];
  const status = stops.length > 0 ? 'down' : worries.length > 0 ? 'degraded' : 'ok';
  return {
    status,
    state: stats.state,
    slot: Math.max(stats.slot, stream?.slot ?? 0),
    balance_lamports: stats.wallet_balance_lamports,
    stream,
    queue_size: stats.queue_size,
    reasons: [...stops, ...worries],
  };
}
