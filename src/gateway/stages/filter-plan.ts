import { TrunklineError } from '../../errors/trunkline-error.ts';
import { type EventKind, eventKinds, type FeedEvent } from '../../feed/events/feed-event.ts';
import type { EventSelector } from '../../feed/topics/event-selector.ts';
import type { GatewayCall } from '../call.ts';
import { headSelector, pendingSelector } from '../criteria/chain-selectors.ts';
import { readLogCriteria } from '../criteria/log-criteria.ts';
import { logSelector } from '../criteria/log-selector.ts';
import { type GatewayErrorCode, gatewayErrors } from '../errors.ts';

/** Reading criteria costs time in proportion; 1,000 addresses fit. */
const maxParamsBytes = 65_536;

/** What a filter reads from the feed, and what it makes of it. */
export interface FilterPlan {
  readonly selector: EventSelector;
  readonly kind: EventKind;
  readonly resultOf: (event: FeedEvent) => Buffer | undefined;
  /** Whether the client may count on getting every event. Waiting transactions are what providers happen to tell. */
  readonly isGapless: boolean;
  /** The params of the `eth_getLogs` that finds the same logs; undefined: it is no filter of logs. */
  readonly logParams: Buffer | undefined;
  readonly criteriaBytes: number;
}

/**
 * Reads a call that makes a filter.
 *
 * @throws TrunklineError `criteria_invalid`
 */
export function planFilter(call: GatewayCall): FilterPlan {
  const { name, family } = call.chain;
  if (call.params !== undefined && call.params.length > maxParamsBytes)
    throw invalid(`the params of a filter hold at most ${maxParamsBytes} bytes`);
  const parsed: unknown = call.params === undefined ? [] : JSON.parse(call.params.toString());
  const params: readonly unknown[] = Array.isArray(parsed) ? parsed : [];
  if (call.method === 'eth_newBlockFilter') {
    return {
      selector: headSelector(name),
      kind: eventKinds.head,
      resultOf: ({ data }) => {
        const hash = family.events.key('heads', data);
        return hash === undefined ? undefined : Buffer.from(`"${hash}"`);
      },
      isGapless: true,
      logParams: undefined,
      criteriaBytes: 0,
    };
  }
  if (call.method === 'eth_newPendingTransactionFilter') {
    if ((params[0] ?? false) !== false)
      throw invalid('only hashes of waiting transactions are kept for filters');
    return {
      selector: pendingSelector(name),
      kind: eventKinds.pending,
      resultOf: dataOf,
      isGapless: false,
      logParams: undefined,
      criteriaBytes: 0,
    };
  }
  if (family.logs === undefined) throw invalid(`${name} has no logs`);
  if (params.length === 0) throw invalid('missing value for required argument 0');
  const criteria = readLogCriteria(params[0], 0);
  const logParams = Buffer.from(JSON.stringify([params[0] ?? {}]));
  return {
    selector: logSelector({ name, rules: family.logs }, criteria),
    kind: eventKinds.log,
    resultOf: dataOf,
    isGapless: true,
    logParams,
    criteriaBytes: logParams.length,
  };
}

function dataOf({ data }: FeedEvent): Buffer {
  return data;
}

function invalid(message: string): TrunklineError<GatewayErrorCode> {
  return new TrunklineError<GatewayErrorCode>(gatewayErrors, 'criteria_invalid', message);
}
