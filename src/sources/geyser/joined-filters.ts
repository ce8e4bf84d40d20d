import type { SourceSubscription } from '../source.ts';
import type { UpdateFilter } from '../update-filter.ts';

/** A filter as it is sent: a subscription's own, or one that stands for several. */
export interface WireFilter {
  /** What the endpoint calls it in the updates that it passes. */
  readonly name: string;
  readonly filter: UpdateFilter;
}

/** The list of keys in which filters that are joined may differ. */
export type JoinedList = 'named' | 'pubkeys' | 'owners';

/** No subscription has such a name: a colon does not occur in it. */
const prefix = 'joined:';
/** Providers limit the keys of a filter, as they limit the filters. */
const maxKeys = 250;

/** Whether a filter that an update names stands for several subscriptions. */
export const isJoined = (name: string): boolean => name.startsWith(prefix);

/**
 * In which list of keys a filter may be put together with others; undefined: it has to stay by itself, because it has
 * no such list, or passes parts of blocks, which are each filter's own.
 */
export function joinedList({
  kind,
  programs,
  accounts,
  required,
  owners,
}: UpdateFilter): JoinedList | undefined {
  if (kind === 'transaction' || kind === 'instruction')
    return required.length === 0 && programs.length + accounts.length > 0 ? 'named' : undefined;
  if (kind !== 'account') return undefined;
  if (accounts.length > 0) return 'pubkeys';
  return owners.length > 0 ? 'owners' : undefined;
}

/** The keys of that list. */
export function joinedKeys(
  { programs, accounts, owners }: UpdateFilter,
  list: JoinedList,
): readonly string[] {
  if (list === 'named') return [...programs, ...accounts];
  return list === 'pubkeys' ? accounts : owners;
}

/** The filter without that list. */
export function withoutKeys(filter: UpdateFilter, list: JoinedList): UpdateFilter {
  if (list === 'named') return { ...filter, programs: [], accounts: [] };
  return list === 'pubkeys' ? { ...filter, accounts: [] } : { ...filter, owners: [] };
}

/**
 * The filters that bring what all subscriptions want. Those that differ in one list of keys alone are one, or as many
 * as their keys need: endpoints allow some tens, and each program that somebody follows is a subscription.
 */
export function joinFilters(subscriptions: readonly SourceSubscription[]): readonly WireFilter[] {
  const groups = Map.groupBy(subscriptions, ({ id, filter }) => shapeOf(filter) ?? `:${id}`);
  const joined: WireFilter[] = [];
  for (const group of groups.values()) {
    const { id, filter } = group[0]!;
    const list = joinedList(filter);
    if (group.length === 1 || list === undefined) {
      joined.push({ name: id, filter });
      continue;
    }
    const keys = [...new Set(group.flatMap(member => joinedKeys(member.filter, list)))];
    for (let at = 0; at < keys.length; at += maxKeys) {
      const name = `${prefix}${joined.length + 1}`;
      joined.push({ name, filter: withKeys(filter, list, keys.slice(at, at + maxKeys)) });
    }
  }
  return joined;
}

function withKeys(filter: UpdateFilter, list: JoinedList, keys: readonly string[]): UpdateFilter {
  const rest = withoutKeys(filter, list);
  return list === 'owners' ? { ...rest, owners: keys } : { ...rest, accounts: keys };
}

/** The same for filters that may be joined; undefined: this one may not. */
function shapeOf(filter: UpdateFilter): string | undefined {
  const list = joinedList(filter);
  if (list === undefined) return undefined;
  const { excluded, failed, votes, owners, memcmp, dataSize } = filter;
  if (list === 'named') return JSON.stringify([list, failed, votes, [...excluded].sort()]);
  const conditions = memcmp.map(({ offset, bytes }) => [offset, bytes]);
  return JSON.stringify([list, conditions, dataSize, list === 'owners' ? [] : [...owners].sort()]);
}
