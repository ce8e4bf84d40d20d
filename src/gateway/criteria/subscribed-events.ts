import type { ChainFamily } from '../../chains/chain-family.ts';
import type { EventSelector } from '../../feed/topics/event-selector.ts';
import { headSelector, pendingSelector } from './chain-selectors.ts';
import { readLogCriteria } from './log-criteria.ts';
import { logSelector } from './log-selector.ts';

/** What a subscription gets of the feed. */
export interface SubscribedEvents {
  readonly selector: EventSelector;
  /** Whether a client may count on getting every one: blocks and logs. Waiting transactions are what providers happen to tell. */
  readonly isGapless: boolean;
  /** Whether a chain that begins anew shows in the events themselves: numbers of blocks go back, while earlier logs stay unrevoked. */
  readonly showsResets: boolean;
}

/**
 * The events of the feed that params of `eth_subscribe` ask for; undefined: it has none such (`syncing`, bodies of waiting
 * transactions, what only some nodes know), a provider is asked.
 *
 * @throws TrunklineError `criteria_invalid`
 */
export function subscribedEvents(
  chain: { readonly name: string; readonly family: Pick<ChainFamily, 'logs'> },
  params: Buffer | undefined,
): SubscribedEvents | undefined {
  const value: unknown = params === undefined ? undefined : JSON.parse(params.toString());
  if (!Array.isArray(value)) return undefined;
  const [stream, detail] = value as [unknown, unknown];
  const { name, family } = chain;
  if (stream === 'newHeads') return { selector: headSelector(name), isGapless: true, showsResets: true };
  if (stream === 'logs' && family.logs !== undefined) {
    const criteria = readLogCriteria(detail, 1);
    return {
      selector: logSelector({ name, rules: family.logs }, criteria),
      isGapless: true,
      showsResets: false,
    };
  }
  if (stream === 'newPendingTransactions' && (detail ?? false) === false) {
    return { selector: pendingSelector(name), isGapless: false, showsResets: false };
  }
  return undefined;
}
