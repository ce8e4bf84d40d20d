import type { Log } from '../../telemetry/log.ts';
import type { Connection } from './connection.ts';
import type { FeedRequest, FeedSubscription, SlowStrategy } from './feed-request.ts';
import type { SubscriptionGap } from './frame-format.ts';
import type { Group } from './group.ts';
import type { SelectorClaim } from './selector-claims.ts';
import type { UnsaidGap } from './unsaid-gap.ts';

/**
 * `waiting`: `begin` was not called; `live`: gets events as they come; `queued`, `reading`: reads the log and waits for its
 * turn or for a page; `blocked`: waits until the client has read what was written; `ended`.
 */
export type MemberState = 'waiting' | 'live' | 'queued' | 'reading' | 'blocked' | 'ended';

/** What a subscription asks of the feed that it belongs to. */
export interface MemberHost {
  readonly log: Log;
  begin(member: Member): void;
  end(member: Member): void;
  /** The offset up to which everything was written to the member's sink. */
  writtenOffset(member: Member): number;
  cursorAt(offset: number): string;
}

/** One subscription. There may be very many: it has plain fields only, no list, timer or closure of its own. */
export class Member implements FeedSubscription {
  readonly group: Group;
  readonly connection: Connection;
  readonly claim: SelectorClaim;
  readonly strategy: SlowStrategy;
  state: MemberState = 'waiting';
  /** The last offset it has seen; not kept up to date while it is live. */
  position: number;
  /** Its index in `group.live`. */
  place = -1;
  /** It was live once and fell behind, and has not caught up. */
  isSlow = false;
  /** Told before the first event. */
  gaps: readonly SubscriptionGap[] | undefined;
  readonly #host: MemberHost;
  readonly #start: number;
  readonly #head: number;
  readonly #onUnsaidGap: FeedRequest['onUnsaidGap'];

  constructor(
    request: FeedRequest,
    start: { readonly offset: number; readonly head: number; readonly gaps: readonly SubscriptionGap[] },
    deps: {
      readonly group: Group;
      readonly connection: Connection;
      readonly claim: SelectorClaim;
      readonly host: MemberHost;
    },
  ) {
    this.group = deps.group;
    this.connection = deps.connection;
    this.claim = deps.claim;
    this.strategy = request.strategy;
    this.#onUnsaidGap = request.onUnsaidGap;
    this.position = start.offset;
    this.gaps = start.gaps.length === 0 ? undefined : start.gaps;
    this.#host = deps.host;
    this.#start = start.offset;
    this.#head = start.head;
  }

  get start(): string {
    return this.#host.cursorAt(this.#start);
  }

  get latest(): string {
    return this.#host.cursorAt(this.#head);
  }

  get cursor(): string {
    return this.#host.cursorAt(this.#host.writtenOffset(this));
  }

  /** Tells of a gap for which there is no frame. */
  tellUnsaid(gap: UnsaidGap): void {
    try {
      this.#onUnsaidGap?.(gap);
    } catch (error) {
      this.#host.log.error('a subscription failed at being told of a gap', { error });
    }
  }

  begin(): void {
    if (this.state === 'waiting') this.#host.begin(this);
  }

  end(): void {
    if (this.state !== 'ended') this.#host.end(this);
  }
}
