import type { Commitment } from '../../chains/solana/commitment.ts';
import { commitments } from '../../chains/solana/commitment.ts';
import type { SlotUpdate } from '../../chains/solana/updates.ts';
import { Coverage } from './coverage.ts';
import { SlotEntries, type SlotEntry } from './slot-entries.ts';

export interface SlotLedgerOptions {
  /** Of what the source carries. `processed` settles with `confirmed`. */
  readonly commitment: Commitment;
  /** Slots that are kept; beyond them the oldest ones that are not sure are forgotten, and have to be asked for. @default 8192 */
  readonly maxSlots?: number;
}

/** Hears what the ledger finds. */
export interface SlotLedgerListener {
  /** Each slot and status once. */
  onSlot(update: SlotUpdate): void;
  /** A dead slot is a block after all: what was told of it has to be told anew. */
  onRevived(slot: number): void;
  /** It is known now from which slot on a connection vouches for what it carries. */
  onProven(): void;
  /** Everything up to here is in; ascending. */
  onSettled(slot: number): void;
}

/** Slots, both ends included, of which something is missing and no connection will bring it. */
export interface MissingRange {
  readonly from: number;
  readonly to: number;
  /** Whether `to` is known to have a block. */
  readonly isAnchored: boolean;
}

/**
 * Which slots are complete: follows statuses and parents of all connections of a source, and settles slots one after the
 * other, as their parents chain them, once they are sure and some connection carried all of them. What is missing it
 * names; slots that the chain went past without them it tells to be dead.
 */
export class SlotLedger {
  readonly #commitment: Commitment;
  readonly #sureLevel: number;
  readonly #listener: SlotLedgerListener;
  readonly #entries: SlotEntries;
  readonly #coverages = new Set<Coverage>();
  #settled: number | undefined;
  #newest = 0;
  /** The newest slot that is sure. */
  #top = -1;

  constructor({ commitment, maxSlots = 8192 }: SlotLedgerOptions, listener: SlotLedgerListener) {
    this.#commitment = commitment;
    this.#sureLevel = commitment === 'finalized' ? 3 : 2;
    this.#listener = listener;
    this.#entries = new SlotEntries(maxSlots);
  }

  /** Whether a slot was abandoned. */
  isDead(slot: number): boolean {
    return this.#entries.get(slot)?.isDead === true;
  }

  /** Up to here everything is in; undefined: nothing is known yet. */
  get settled(): number | undefined {
    return this.#settled;
  }

  /** The newest slot of which a status came; 0: none. */
  get newest(): number {
    return this.#newest;
  }

  get size(): number {
    return this.#entries.size;
  }

  get isFull(): boolean {
    return this.#entries.isFull;
  }

  /** Everything up to this slot counts as in; what is later is to be brought anew by connections opened from now on. */
  restartAt(settled: number): void {
    this.#settled = settled;
    for (const entry of this.#entries.after(settled)) entry.isComplete = false;
    for (const coverage of this.#coverages) coverage.isLive = false;
    this.#coverages.clear();
  }

  /** Nothing that connections told of slots that are not settled counts any more; others tell it anew. */
  distrust(): void {
    if (this.#settled === undefined) return;
    for (const entry of this.#entries.after(this.#settled)) entry.parent = undefined;
    this.#top = -1;
    this.#newest = this.#settled;
    this.restartAt(this.#settled);
  }

  /** What was told of slots later than this one, slot by slot. */
  *toldAfter(after: number): Iterable<SlotUpdate> {
    for (const { slot, parent, told, isDead } of [...this.#entries.after(after)].sort(
      (a, b) => a.slot - b.slot,
    )) {
      if (isDead) yield { kind: 'slot', slot, parent, status: 'dead' };
      else
        for (const status of commitments)
          if ((told & (1 << levelOf(status))) !== 0) yield { kind: 'slot', slot, parent, status };
    }
  }

  /** A connection begins, asked to replay from a slot, or to tell what happens from now on. */
  open(fromSlot: number | undefined): Coverage {
    const coverage = new Coverage(this.#commitment, fromSlot);
    this.#coverages.add(coverage);
    if (fromSlot !== undefined) this.#settled ??= fromSlot - 1;
    return coverage;
  }

  close(coverage: Coverage): void {
    coverage.isLive = false;
    this.#coverages.delete(coverage);
  }

  /** Something of a slot was told. */
  sawContent(slot: number, coverage: Coverage | undefined): void {
    coverage?.sawContent(slot);
    const entry = this.#entries.at(slot, this.#settled ?? -1);
    if (entry !== undefined) entry.hasContent = true;
  }

  /** A slot reached a commitment or died, as told by a connection, or learnt otherwise. */
  report(update: SlotUpdate, coverage?: Coverage): void {
    const { slot, parent, status } = update;
    const entry = this.#entries.at(slot, this.#settled ?? -1);
    if (entry === undefined) return;
    entry.parent ??= parent;
    if (status === 'dead') {
      // What is settled is sure: who says otherwise is wrong, and must not hide what others bring of it.
      if (slot > (this.#settled ?? -1)) this.#tellDead(entry);
      return;
    }
    // A replay tells of dead slots what they were before.
    if (entry.isDead && levelOf(status) < this.#sureLevel) return;
    if (slot > this.#newest) this.#newest = slot;
    if (coverage?.isLive === true) this.#observe(entry, status, coverage);
    const level = levelOf(status);
    this.#tellUpTo(entry, level);
    if (level < this.#sureLevel) return;
    if (coverage?.isLive === true) this.#complete(entry, coverage);
    if (slot > this.#top) this.#top = slot;
    this.#advance();
  }

  /** What has to be fetched now; undefined: nothing, or a connection is about to bring it. */
  missing(): MissingRange | undefined {
    // Without a connection the next one is waited for: it may replay what is missing.
    if (this.#coverages.size === 0) return undefined;
    if (this.#settled === undefined || this.#top <= this.#settled) return undefined;
    const { hole } = this.#walk();
    if (hole === undefined) return undefined;
    const from = this.#settled + 1;
    let to = hole;
    for (const coverage of this.#coverages) {
      if (!coverage.mayBring(to)) continue;
      if (coverage.from === undefined || coverage.from <= from) return undefined;
      to = coverage.from - 1;
    }
    return { from, to, isAnchored: to === hole };
  }

  /** What was missing up to `to` is in: these are the slots that have a block, ascending. */
  fill(to: number, slots: readonly number[]): void {
    const from = (this.#settled ?? -1) + 1;
    let previous = this.#settled;
    for (const slot of slots) {
      if (slot < from || slot > to) continue;
      const entry = this.#entries.at(slot, from - 1);
      if (entry === undefined) continue;
      entry.parent ??= previous;
      previous = slot;
      if (slot > this.#newest) this.#newest = slot;
      this.#tell(entry, this.#sureLevel);
    }
    const canonical = new Set(slots);
    this.#bury(from, to, canonical);
    this.#settle(to);
    this.#advance();
  }

  /** What is missing up to `to` will not be had. */
  skip(to: number): void {
    this.#settle(to);
    this.#advance();
  }

  #observe(entry: SlotEntry, status: Commitment, coverage: Coverage): void {
    const isProven = coverage.sawStatus(entry.slot, entry.parent, status);
    if (levelOf(status) >= this.#sureLevel) coverage.sawSure(entry.slot);
    if (this.#settled === undefined && coverage.from !== undefined) {
      this.#settled = coverage.from - 1;
      if (this.#commitment !== 'processed') this.#listener.onSettled(this.#settled);
    }
    if (isProven) this.#listener.onProven();
  }

  /** With a slot its ancestors have the same commitment, whether or not that was told. */
  #tellUpTo(entry: SlotEntry, level: number): void {
    const due: SlotEntry[] = [];
    for (const ancestor of this.#ancestors(entry)) {
      if (ancestor.level >= level || ancestor.isDead || ancestor.level === 0) break;
      due.push(ancestor);
    }
    for (const ancestor of due.reverse()) this.#tell(ancestor, level);
    this.#tell(entry, level);
  }

  #complete(entry: SlotEntry, coverage: Coverage): void {
    if (!coverage.covers(entry.slot)) return;
    if (!entry.isRevived) entry.isComplete = true;
    for (const ancestor of this.#ancestors(entry)) {
      if (
        ancestor.isComplete ||
        ancestor.isRevived ||
        ancestor.slot <= this.#settled! ||
        !coverage.covers(ancestor.slot)
      )
        break;
      ancestor.isComplete = true;
    }
  }

  *#ancestors(entry: SlotEntry): Iterable<SlotEntry> {
    let parent = entry.parent;
    while (parent !== undefined) {
      const ancestor = this.#entries.get(parent);
      if (ancestor === undefined) return;
      yield ancestor;
      // A parent is older than its child; a chain that says otherwise must not hold us here.
      if (ancestor.parent !== undefined && ancestor.parent >= ancestor.slot) return;
      parent = ancestor.parent;
    }
  }

  #tell(entry: SlotEntry, level: number): void {
    if (entry.isDead) {
      entry.isDead = false;
      entry.isRevived = true;
      entry.told = 0;
      this.#listener.onRevived(entry.slot);
    }
    entry.level = Math.max(entry.level, level);
    const bit = 1 << level;
    if ((entry.told & bit) !== 0) return;
    entry.told |= bit;
    const { slot, parent } = entry;
    this.#listener.onSlot({ kind: 'slot', slot, parent, status: commitments[level - 1]! });
  }

  #tellDead(entry: SlotEntry): void {
    if (entry.isDead) return;
    entry.isDead = true;
    entry.level = 0;
    entry.isComplete = false;
    this.#listener.onSlot({ kind: 'slot', slot: entry.slot, parent: entry.parent, status: 'dead' });
  }

  /** From the newest sure slot back to what is settled. `hole`: the newest slot that is missing on the way. */
  #walk(): { readonly path: SlotEntry[]; readonly hole: number | undefined } {
    const path: SlotEntry[] = [];
    let cursor = this.#top;
    while (cursor > this.#settled!) {
      const entry = this.#entries.get(cursor);
      if (entry !== undefined) path.push(entry);
      if (entry?.parent === undefined || entry.parent >= cursor) {
        // What follows it without a break and is not complete either is fetched with it.
        while (path.at(-1)?.isComplete === false) cursor = path.pop()!.slot;
        return { path: [], hole: cursor };
      }
      cursor = entry.parent;
    }
    path.reverse();
    const first = path.findIndex(entry => !entry.isComplete);
    if (first === -1) return { path, hole: undefined };
    let last = first;
    while (path[last + 1]?.isComplete === false) last++;
    return { path: path.slice(0, first), hole: path[last]!.slot };
  }

  #advance(): void {
    if (this.#settled === undefined || this.#top <= this.#settled) return;
    for (const entry of this.#walk().path) {
      this.#bury(this.#settled + 1, entry.slot - 1, undefined);
      this.#settle(entry.slot);
    }
  }

  /** The chain went past these slots without them. */
  #bury(from: number, to: number, except: ReadonlySet<number> | undefined): void {
    if (to < from) return;
    const buried = [...this.#entries.between(from, to)].filter(
      ({ slot, hasContent, level }) => (hasContent || level > 0) && except?.has(slot) !== true,
    );
    for (const entry of buried.sort((a, b) => b.slot - a.slot)) this.#tellDead(entry);
  }

  #settle(slot: number): void {
    this.#settled = slot;
    this.#entries.prune(slot);
    this.#listener.onSettled(slot);
  }
}

/** 1: processed. */
function levelOf(status: Commitment): number {
  return commitments.indexOf(status) + 1;
}
