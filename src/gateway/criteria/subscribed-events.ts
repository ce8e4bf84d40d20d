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
 * The events of the feed that a stream asks for; undefined: it has none such (`syncing`, bodies of waiting transactions, what
 * only some nodes know), a provider is asked.
 *
 * @param stream a JSON array
 * @throws TrunklineError `criteria_invalid`
 */
export function subscribedEvents(
  chain: { readonly name: string; readonly family: Pick<ChainFamily, 'logs' | 'subscriptions'> },
  stream: string,
): SubscribedEvents | undefined {
  const { name, family } = chain;
  const value: unknown = JSON.parse(stream);
  const asked = Array.isArray(value) ? family.subscriptions.feedStream(value) : undefined;
  if (asked === undefined) return undefined;
  if (asked.kind === 'heads') return { selector: headSelector(name), isGapless: true, showsResets: true };
  if (asked.kind === 'pending')
    return { selector: pendingSelector(name), isGapless: false, showsResets: false };
  if (family.logs === undefined) return undefined;
  const criteria = readLogCriteria(asked.criteria, 1);
  return {
    selector: logSelector({ name, rules: family.logs }, criteria),
    isGapless: true,
    showsResets: false,
  };
}

/**
 * Whether a client may count on each event of a stream that a provider is asked for. What waiting transactions there are, and
 * whether a node is in sync, is what that node happens to tell.
 *
 * @param stream a JSON array
 */
export function countsOnEach(stream: string): boolean {
  const [name] = JSON.parse(stream) as readonly unknown[];
  return name !== 'newPendingTransactions' && name !== 'syncing';
}
