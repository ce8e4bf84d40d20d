import type { Commitment } from '../chains/solana/commitment.ts';
import type { SlotUpdate, SolanaUpdate } from '../chains/solana/updates.ts';
import type { UpdateFilter } from './update-filter.ts';

/** Slots of which updates may be missing, and why. Both ends belong to it. */
export interface SourceGap {
  readonly fromSlot: number;
  readonly toSlot: number;
  /** `expired`: the stream does not go back so far; `too_long`: more slots than may be fetched; `not_recoverable`: account writes, of which there is no history. */
  readonly reason: 'expired' | 'too_long' | 'not_recoverable';
  /** What was fetched in place of the stream; `none`: nothing could be had. */
  readonly recovered: 'transactions' | 'none';
  /** For a person; without addresses of providers. */
  readonly message: string;
}

/** Takes what a source tells. All calls are synchronous and must not throw. */
export interface SourceListener {
  /**
   * An update that the subscriptions named by `subscribers` want. Each comes once while the process lives, whatever
   * connections break; after a restart those of slots that were not settled and kept come again. All of a slot come
   * before `onSettled` of it, within a slot in the order of execution as far as the source knows it.
   */
  onUpdate(update: SolanaUpdate, subscribers: readonly string[]): void;
  /** A slot reached a commitment, or was abandoned: of every slot, whether or not a subscription asked for slots. */
  onSlot(update: SlotUpdate): void;
  /**
   * Everything up to and including this slot that will ever count was told: the slots are contiguous by their parents,
   * each has reached the source's commitment (`processed` waits for `confirmed`). Never goes back.
   */
  onSettled(slot: number): void;
  /** Something is missing for the named subscribers, or was fetched by other ways. */
  onGap(gap: SourceGap, subscribers: readonly string[]): void;
  /** Whether more may come. While it is not so the source reads nothing from its connection. */
  readonly hasRoom: boolean;
  /** Calls `listener` once, as soon as there is room again. */
  whenRoom(listener: () => void): void;
}

/** One subscriber's wish. */
export interface SourceSubscription {
  /** At most 128 of `A-Z a-z 0-9 _ . -`, unique in the source; the filter's name on the wire where it is not joined with others. */
  readonly id: string;
  readonly filter: UpdateFilter;
  /** The last slot that is settled and handled, from which to go on; undefined: from now. */
  readonly since: number | undefined;
  /**
   * Nothing is told for the time being, and nobody waits for it. Once it is not so any more, what went by is told before
   * the next `onSettled`, without what was told before the pause. @default false
   */
  readonly isPaused?: boolean;
}

/** How a source does, for people and machines. */
export interface SourceState {
  readonly status: 'connecting' | 'streaming' | 'backfilling' | 'paused' | 'failed';
  /** By endpoint: what it is doing, since when (monotonic milliseconds), the last error in words without addresses. */
  readonly endpoints: readonly {
    readonly id: string;
    readonly status: 'idle' | 'connecting' | 'streaming' | 'waiting' | 'standby';
    readonly error: string | undefined;
    readonly reconnects: number;
    /** The oldest slot that it can replay; undefined: unknown. */
    readonly replayFrom: number | undefined;
  }[];
  /** The newest slot that was seen; 0: none. */
  readonly slot: number;
  readonly settled: number;
  readonly gaps: number;
}

/** Where updates of a chain come from: one commitment, several subscriptions on one stream. */
export interface UpdateSource {
  readonly chain: string;
  readonly name: 'geyser' | 'logs';
  readonly commitment: Commitment;
  /** What it is for, where the chain has several of this commitment. @default none */
  readonly purpose?: string;
  /** Replaces all subscriptions: the filters upstream are rewritten; what stays is not interrupted. */
  subscribe(subscriptions: readonly SourceSubscription[]): void;
  state(): SourceState;
}

/** The label `source` of a source's metrics. */
export function sourceLabel(name: UpdateSource['name'], purpose = ''): string {
  return purpose === '' ? name : `${name}:${purpose}`;
}

/** What the names of a source's processes have beside its chain and commitment. */
export function purposeField({ purpose = '' }: Pick<UpdateSource, 'purpose'>): { readonly purpose?: string } {
  return purpose === '' ? {} : { purpose };
}
