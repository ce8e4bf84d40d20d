import { ClaimTable } from '../../aggregation/demand/claim-table.ts';
import type { Claim, ClaimOptions, Demand, TopicClaim } from '../../aggregation/demand/demand.ts';
import { durableMs } from '../../aggregation/demand/hold.ts';
import { decode } from '../../chains/solana/base58.ts';
import type { Clock } from '../../clock/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import { FeedPresent } from './feed-present.ts';

/** Something that can be gathered: what a program does, or what is written to an account. */
export interface GatherSubject {
  readonly kind: 'program' | 'account';
  /** Base58. */
  readonly key: string;
}

/** Something that is to be gathered. */
export interface WantedSubject extends GatherSubject {
  /** The slot after which it is wanted: where the feed's present began when it was first asked for. */
  readonly startAfter: number;
}

export interface GatherDemandOptions {
  readonly chain: string;
  /** Gathered whether or not somebody follows them. */
  readonly always: readonly GatherSubject[];
  /** Subjects at once; one more takes the place of one that nobody follows any more, or is refused. @default 500 */
  readonly maxSubjects?: number;
  /** Whether the source tells of writes to accounts. */
  readonly hasAccounts: () => boolean;
  /** Milliseconds for which claims of an earlier run hold after `restore`. */
  readonly restoredKeepMs: number;
}

export interface GatherDemandListener {
  /** Other subjects are to be gathered. */
  onChange(): void;
  /** The snapshot is another one: it is to be kept. */
  onSnapshotChange(): void;
}

/**
 * What the readers of the feed ask for of one Solana chain, by program and by account, and from which slot on: that
 * outlives a restart as well, for what comes between a claim and the first checkpoint of its pipeline is owed, too.
 */
export class GatherDemand implements Demand {
  readonly #options: Required<GatherDemandOptions>;
  readonly #log: Log;
  readonly #table: ClaimTable;
  /** By key, the slot after which it is wanted. */
  readonly #starts = new Map<string, number>();
  readonly #present = new FeedPresent();
  #isFull = false;

  constructor(
    options: GatherDemandOptions,
    { clock, log }: { readonly clock: Clock; readonly log: Log },
    listener: GatherDemandListener,
  ) {
    this.#options = { maxSubjects: 500, ...options };
    this.#log = log;
    this.#table = new ClaimTable(
      { clock },
      {
        onEnded: key => {
          this.#starts.delete(key);
          this.#isFull = false;
        },
        onChange: () => listener.onChange(),
        onDurableChange: () => listener.onSnapshotChange(),
      },
    );
  }

  /** What is to be gathered. What was claimed before any slot was told in the feed waits for the first one. */
  get subjects(): readonly WantedSubject[] {
    return [...this.#starts].map(([key, startAfter]) => ({ ...subjectOf(key), startAfter }));
  }

  /** The slot behind which who begins to follow now is told everything; undefined: the feed has told no slot yet. */
  get presentSlot(): number | undefined {
    return this.#present.slot;
  }

  /** The feed has told at this offset that a slot is confirmed. Who waited for a first one is told what happened in it as well. */
  onSlotTold(slot: number, offset: number): void {
    const isFirst = this.presentSlot === undefined;
    if (isFirst) for (const key of this.#table.keys()) this.#begin(key, Math.max(0, slot - 1));
    this.#present.onSlotTold(slot, offset);
    if (!isFirst) return;
    this.#table.tellSoon();
    this.#table.keepSoon();
  }

  /** Something of a slot was told at this offset. */
  onAppended(slot: number, offset: number): void {
    this.#present.onAppended(slot, offset);
  }

  /** The chain is another one than before: its slots begin anew. */
  forgetSlots(): void {
    this.#present.clear();
    this.#starts.clear();
    this.#table.tellSoon();
    this.#table.keepSoon();
  }

  claimTopics(patterns: readonly string[], options: ClaimOptions): TopicClaim | undefined {
    const keys = wantedKeys(patterns, this.#options.chain);
    if (keys.size === 0) return undefined;
    const claims: Claim[] = [];
    let refused: string | undefined;
    // Those that linger are claimed first: none of them makes room for another one.
    const isKnown = ([key]: readonly [string, boolean]) => Number(this.#table.has(key));
    for (const [key, isNamed] of [...keys].sort((a, b) => isKnown(b) - isKnown(a))) {
      const problem = this.#problemOf(key);
      if (problem === undefined) {
        claims.push(this.#table.claim(key, options));
        this.#begin(key);
      } else if (isNamed) refused ??= problem;
    }
    return {
      refused,
      presentSince: () => this.#present.since,
      gathered: () => [...keys.keys()].map(key => ({ what: wordsOf(key), since: this.#table.since(key) })),
      release: () => {
        for (const claim of claims) claim.release();
      },
    };
  }

  /** Those claims that outlive a restart; but for those that wait for a first slot, of which nothing has been gathered. */
  snapshot(): Buffer {
    const rows: ClaimRow[] = [];
    for (const { key, since } of this.#table.durable()) {
      const startAfter = this.#starts.get(key);
      if (startAfter !== undefined) rows.push([key, since, startAfter]);
    }
    return Buffer.from(JSON.stringify(rows));
  }

  /**
   * Goes on where an earlier run ended, and begins to gather what is always gathered; once.
   *
   * @param bytes A snapshot of the run before; undefined, or damaged: there is none.
   * @param head The offset of the log's last event now.
   */
  restore(bytes: Buffer | undefined, head: number): void {
    for (const [key, since, startAfter] of readSnapshot(bytes).slice(0, this.#options.maxSubjects)) {
      this.#table.restore(key, since, this.#options.restoredKeepMs);
      this.#starts.set(key, startAfter);
    }
    for (const subject of this.#options.always) {
      const key = keyOf(subject);
      this.#table.claim(key, { since: head, keepMs: durableMs });
      this.#begin(key);
    }
    this.#table.tellSoon();
    this.#table.keepSoon();
  }

  stop(): void {
    this.#table.stop();
  }

  #begin(key: string, startAfter = this.presentSlot): void {
    if (startAfter !== undefined && !this.#starts.has(key)) this.#starts.set(key, startAfter);
  }

  /** Why it cannot be gathered; undefined: it can. Makes room for it where that is needed. */
  #problemOf(key: string): string | undefined {
    const { chain, maxSubjects, hasAccounts } = this.#options;
    if (subjectOf(key).kind === 'account' && !hasAccounts())
      return `${chain} has no writes to accounts: its log subscriptions do not tell of them, a \`geyser\` endpoint would`;
    if (this.#table.has(key) || this.#table.size < maxSubjects || this.#table.endLingering())
      return undefined;
    if (!this.#isFull) {
      this.#isFull = true;
      this.#log.warn('too many programs and accounts are followed: more are refused', { chain, maxSubjects });
    }
    return `clients follow ${maxSubjects} programs and accounts of ${chain} already`;
  }
}

const keyOf = ({ kind, key }: GatherSubject): string => `${kind}:${key}`;

function subjectOf(key: string): GatherSubject {
  const at = key.indexOf(':');
  return { kind: key.slice(0, at) as GatherSubject['kind'], key: key.slice(at + 1) };
}

function wordsOf(key: string): string {
  const { kind, key: subject } = subjectOf(key);
  return kind === 'program' ? `logs and transactions of ${subject}` : `writes of ${subject}`;
}

/**
 * What topics need, and whether one of them names chain and kind: only those that name a program or an account need anything; a
 * wildcard in its place finds what is gathered anyway.
 */
function wantedKeys(patterns: readonly string[], chain: string): Map<string, boolean> {
  const keys = new Map<string, boolean>();
  for (const pattern of patterns) {
    const [of, kind, subject] = pattern.split('.');
    if ((of !== chain && of !== '*') || subject === undefined || !isKey(subject)) continue;
    const isNamed = of === chain && kind !== '*';
    const add = (key: string) => void keys.set(key, isNamed || keys.get(key) === true);
    if (kind === 'logs' || kind === 'transactions' || kind === '*')
      add(keyOf({ kind: 'program', key: subject }));
    if (kind === 'accounts' || kind === '*') add(keyOf({ kind: 'account', key: subject }));
  }
  return keys;
}

/** Whether it is 32 bytes: a server refuses a whole stream for one key that is not. */
function isKey(text: string): boolean {
  return text.length >= 32 && text.length <= 44 && decode(text)?.length === 32;
}

function isSubject(text: unknown): text is string {
  if (typeof text !== 'string') return false;
  const { kind, key } = subjectOf(text);
  return (kind === 'program' || kind === 'account') && isKey(key);
}

type ClaimRow = readonly [key: string, since: number, startAfter: number];

function readSnapshot(bytes: Buffer | undefined): ClaimRow[] {
  let rows: unknown;
  try {
    rows = bytes === undefined ? [] : JSON.parse(bytes.toString());
  } catch {
    return [];
  }
  return Array.isArray(rows) ? rows.filter(isRow) : [];
}

function isRow(row: unknown): row is ClaimRow {
  if (!Array.isArray(row)) return false;
  const [key, since, startAfter] = row as readonly unknown[];
  return isSubject(key) && isCount(since) && isCount(startAfter);
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
