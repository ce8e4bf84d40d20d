import { decode } from '../../chains/solana/base58.ts';
import type { SolanaUpdate } from '../../chains/solana/updates.ts';
import { matches } from '../matches.ts';
import type { SourceSubscription } from '../source.ts';
import type { UpdateFilter } from '../update-filter.ts';
import { isJoined, type JoinedList, joinedKeys, joinedList, withoutKeys } from './joined-filters.ts';

interface Reader {
  readonly id: string;
  /** What has to hold besides the key. */
  readonly rest: UpdateFilter;
}

/** Finds the subscriptions that an update is for, by the filters that it came with. */
export class FilterReaders {
  readonly #byKey: Readonly<Record<JoinedList, Map<string, Reader[]>>> = {
    named: new Map(),
    pubkeys: new Map(),
    owners: new Map(),
  };

  constructor(subscriptions: readonly SourceSubscription[]) {
    // Those that are alone, too: what an older request of the stream had joined may still come.
    for (const { id, filter } of subscriptions) {
      const list = joinedList(filter);
      if (list === undefined) continue;
      const reader = { id, rest: withoutKeys(filter, list) };
      for (const key of new Set(joinedKeys(filter, list))) this.#add(list, key, reader);
    }
  }

  /** Each of them once. */
  of(update: SolanaUpdate, filters: readonly string[]): readonly string[] {
    if (!filters.some(isJoined)) return filters;
    const ids = new Set(filters.filter(name => !isJoined(name)));
    if (update.kind === 'transaction') {
      for (const key of update.accountKeys) this.#find('named', key, update, ids);
    } else if (update.kind === 'account') {
      this.#find('pubkeys', update.pubkey, update, ids);
      this.#find('owners', update.owner, update, ids);
    }
    return [...ids];
  }

  #add(list: JoinedList, key: string, reader: Reader): void {
    const bytes = decode(key);
    if (bytes === undefined) return;
    const name = latin1(bytes);
    const readers = this.#byKey[list].get(name);
    if (readers === undefined) this.#byKey[list].set(name, [reader]);
    else readers.push(reader);
  }

  #find(list: JoinedList, key: Uint8Array, update: SolanaUpdate, ids: Set<string>): void {
    for (const { id, rest } of this.#byKey[list].get(latin1(key)) ?? []) {
      if (!ids.has(id) && matches(rest, update)) ids.add(id);
    }
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
