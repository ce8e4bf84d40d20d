import type { BlockDemand, ChainFamily, MethodClass, MethodPolicy } from './chain-family.ts';

/** Methods of a family that are sent alike and need the same of a provider. */
export interface MethodGroup<Need> {
  readonly class: MethodClass;
  /** What their params say about the block that they need. @default 'none' */
  readonly need?: Need;
  /** @default true for the classes that are read from any provider */
  readonly hedge?: boolean;
  /** @default true */
  readonly nullIsFinal?: boolean;
  /** Names, separated by white space. */
  readonly methods: string;
}

/** Reads off a call's params (`-1, -1`: none) the block that it needs. */
export type ReadDemand<Need> = (
  need: Need | 'none',
  source: Buffer,
  paramsStart: number,
  paramsEnd: number,
) => BlockDemand;

interface KnownMethod<Need> {
  readonly policy: MethodPolicy;
  readonly need: Need | 'none';
}

/** How the methods of a family are sent, and which block each call needs: the family's table as the two functions that ask it. */
export function methodRules<Need>(
  groups: readonly MethodGroup<Need>[],
  readDemand: ReadDemand<Need>,
): Pick<ChainFamily, 'policy' | 'demand'> {
  const known: ReadonlyMap<string, KnownMethod<Need>> = new Map(
    groups.flatMap(group =>
      group.methods
        .trim()
        .split(/\s+/)
        .map((method): [string, KnownMethod<Need>] => [
          method,
          { policy: knownPolicy(method, group), need: group.need ?? 'none' },
        ]),
    ),
  );
  return {
    policy: method => known.get(method)?.policy ?? unknownPolicy(method),
    demand: ({ method }, source, paramsStart, paramsEnd) =>
      readDemand(known.get(method)?.need ?? 'none', source, paramsStart, paramsEnd),
  };
}

const readFromAny: ReadonlySet<MethodClass> = new Set<MethodClass>([
  'immutable',
  'tx_lookup',
  'pinned',
  'tag',
]);

function knownPolicy(method: string, group: MethodGroup<unknown>): MethodPolicy {
  const isRead = readFromAny.has(group.class);
  return Object.freeze({
    method,
    class: group.class,
    dispatch: isRead ? 'failover' : group.class === 'raw_write' ? 'raw_write' : 'once',
    hedge: isRead && (group.hedge ?? true),
    nullIsFinal: group.nullIsFinal ?? true,
    label: method,
  });
}

/** A method that is not in the table may do anything, and must not be done twice. */
function unknownPolicy(method: string): MethodPolicy {
  return { method, class: 'unknown', dispatch: 'once', hedge: false, nullIsFinal: true, label: 'other' };
}
