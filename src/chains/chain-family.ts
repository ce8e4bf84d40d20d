import type { AnswerRules } from './answer-rules.ts';
import type { SubscriptionRules } from './subscription-rules.ts';

/** What a method is to the house; the rules of each class are in the method tables of its family. */
export type MethodClass =
  | 'immutable'
  | 'tx_lookup'
  | 'pinned'
  | 'tag'
  | 'raw_write'
  | 'upstream_signed'
  | 'filter_create'
  | 'filter_consume'
  | 'filter_read'
  | 'subscription'
  | 'unknown';

/** How a method may be sent upstream. One object a known method, shared by all callers. */
export interface MethodPolicy {
  readonly method: string;
  readonly class: MethodClass;
  /** `failover`: on to other providers; `once`: one dispatch, again only when no byte was sent; `raw_write`: the signed bytes, sequentially. */
  readonly dispatch: 'failover' | 'once' | 'raw_write';
  /** A second provider may be asked while the first one is slow. */
  readonly hedge: boolean;
  /** `false`: a `null` result is no proof that the thing does not exist; another provider is asked before it is answered. */
  readonly nullIsFinal: boolean;
  /** A metric label of bounded cardinality: the method when it is known, else `other`. */
  readonly label: string;
}

/** What an upstream's error means for the request and for the provider. */
export type FailureClass =
  /** The provider failed: fail over, count against the breaker. */
  | 'failure'
  /** Cool the provider, fail over, do not count against the breaker. */
  | 'rate_limited'
  /** This provider does not have it (header not found, pruned): another one, not against the breaker. */
  | 'elsewhere'
  /** The method is not available here: elsewhere, remembered per provider and method. */
  | 'unsupported'
  /** The range or the response is too large: split, or return. */
  | 'too_large'
  /** A verdict, or the client's own error: returned as it is. */
  | 'answer';

/** Of the EVM the first five, of Solana its commitments. */
export type BlockTag = 'latest' | 'safe' | 'finalized' | 'pending' | 'earliest' | 'processed' | 'confirmed';

/**
 * The newest block that a call needs its provider to have; `from` is the oldest one when the call spans a range of
 * numbers, `atLeast` one that the newest must not be below.
 */
export type BlockDemand =
  | { readonly kind: 'none' }
  | { readonly kind: 'tag'; readonly tag: BlockTag; readonly from?: number; readonly atLeast?: number }
  | { readonly kind: 'number'; readonly number: number; readonly from?: number }
  | { readonly kind: 'hash' };

/** An upstream's JSON-RPC error as the classifier reads it. */
export interface UpstreamError {
  readonly code: number;
  readonly message: string;
  /** The first bytes of `data`, as JSON text; some 200 suffice. */
  readonly dataHead?: string;
}

/** A chain's block as head tracking needs it. */
export interface Head {
  readonly number: number;
  /** The same for the same block from every provider. */
  readonly hash: string;
  /** Empty: unknown. */
  readonly parentHash: string;
  /** Seconds since the epoch; 0: unknown. */
  readonly timestamp: number;
}

/** A request that asks a provider about itself, and how its result reads. */
export interface Probe<T> {
  readonly method: string;
  /** A JSON array. */
  readonly params: string;
  /** The result's meaning; `undefined`: not a result that a sound provider gives. */
  read(result: Buffer): T | undefined;
  /** What an error says about it; absent or `undefined`: nothing. */
  readError?(error: UpstreamError): T | undefined;
}

/** The streams whose events are de-duplicated over providers. */
export type EventKind =
  | 'heads'
  | 'logs'
  | 'pending'
  | 'roots'
  | 'accounts'
  | 'programs'
  | 'signatures'
  | 'blocks'
  | 'votes'
  | 'slot_updates';

/** How the streams of a kind are carried. */
export interface StreamNature {
  /** Providers subscribed at once: one, as many as are configured, or all. */
  readonly breadth: 'one' | 'some' | 'all';
  /**
   * `any`: each event counts, in the order of arrival. `ascending`: none below one that was told. `latest`: each event is
   * the newest state of its subject, and an older one is told no more.
   */
  readonly order: 'any' | 'ascending' | 'latest';
}

/** Where an event stands among those of its stream. */
export interface EventPlace {
  readonly slot: number;
  /** What it is the state of, where a stream tells of several. */
  readonly subject: string;
  /** Equal: the same state. */
  readonly version: string;
}

/** A call that tells what a stream may have missed, or may be late with. */
export interface StreamCatchUp {
  readonly method: string;
  /** A JSON array. */
  readonly params: string;
  /** The stream has one thing to tell: it is asked for, from time to time, until that came. */
  readonly isAwaited: boolean;
  /**
   * The event that the call's result stands for; undefined: there is none to tell.
   * @param wasTold whether the stream has told an event before
   */
  event(result: Buffer, wasTold: boolean): Buffer | undefined;
}

/** How a family's subscription events are told apart. */
export interface EventRules {
  /** The one text of streams that mean the same, from canonical JSON; undefined: no such stream. */
  canonical(params: string): string | undefined;
  /** The kind of stream that canonical subscribe params such as `["logs",{…}]` ask for; `undefined`: not one that can be shared. */
  kind(params: string): EventKind | undefined;
  nature(kind: EventKind): StreamNature;
  /** For kinds whose order matters; undefined: the event does not say. */
  place?(kind: EventKind, result: Buffer): EventPlace | undefined;
  /** Whether the event is the last one of its stream. @default never */
  isLast?(kind: EventKind, result: Buffer): boolean;
  /** @default nothing can be caught up with */
  catchUp?(params: string): StreamCatchUp | undefined;
  /** The global key of an event: the same from every provider; `undefined`: not an event of this kind. */
  key(kind: EventKind, result: Buffer): string | undefined;
  /** The head in an event of kind `heads`. */
  head(result: Buffer): Head | undefined;
  /** The event of kind `heads` that would have announced a block that was asked for; `undefined`: it is not a block. */
  header(block: Buffer): Buffer | undefined;
}

/** What filters see of a log; hexadecimal digits in small letters. */
export interface LogFields {
  readonly address: string;
  /** At most four. */
  readonly topics: readonly string[];
  /** Its place among all logs of the block, from 0. */
  readonly index: number;
  readonly blockHash: string;
  /** Its block was orphaned. */
  readonly removed: boolean;
}

/** The three bits that an address or a topic sets in a bloom. */
export type BloomBits = readonly [number, number, number];

/** How a family's logs read, and the blooms by which a header tells which addresses and topics its logs may have. */
export interface LogRules {
  /** `undefined`: not a log of a block. */
  read(log: Buffer): LogFields | undefined;
  /** The bloom in a header or a block, as text for `parseBloom`; `undefined`: it has none. */
  bloomIn(header: Buffer): string | undefined;
  /** `undefined`: not a bloom, or one that tells nothing. */
  parseBloom(text: string): Uint8Array | undefined;
  /** The bloom of a block with exactly these logs. */
  bloomOf(logs: Iterable<Pick<LogFields, 'address' | 'topics'>>): Uint8Array;
  /** Where an address or a topic shows in a bloom; costs a hash: keep it. */
  bits(value: string): BloomBits;
  /** `false`: no log of the block has the address or topic whose bits these are. */
  mayContain(bloom: Uint8Array, bits: BloomBits): boolean;
}

/** How a family's signed transactions are sent without ever being lost or sent as two. */
export interface RawWriteRules {
  /** What the chain calls the transaction, computed from the params; `undefined`: the params hold no raw transaction. */
  id(source: Buffer, paramsStart: number, paramsEnd: number): string | undefined;
  /** What clients call that: `transactionHash`. */
  readonly idName: string;
  /** The upstream has this very transaction already: a success. */
  isAlreadyKnown(error: UpstreamError): boolean;
  /** What makes it unique is used up, maybe by this very transaction: look it up. */
  isSpent(error: UpstreamError): boolean;
  /** The call that looks a transaction up; it was found when nothing is `missing` in the answer. `params`: a JSON array. */
  lookUp(id: string): { readonly method: string; readonly params: string };
}

/** What a family of chains means: everything above it is the same for all chains. */
export interface ChainFamily {
  readonly name: 'evm' | 'solana';
  /** What a chain of this identity is called beside its configured name. */
  aliases(identity: string): readonly string[];
  /** O(1); a method that is not in the table is `unknown`. */
  policy(method: string): MethodPolicy;
  /** The block that a call needs; params of `-1, -1` mean none. */
  demand(policy: MethodPolicy, source: Buffer, paramsStart: number, paramsEnd: number): BlockDemand;
  classifyError(error: UpstreamError, method: string): FailureClass;
  /** No rule knows the error: it is treated as the safe case, and its shape is worth one line in the log. */
  isUnknownError?(error: UpstreamError, method: string): boolean;
  /** For every non-2xx status and for bodies that are not JSON; `undefined`: the body is a JSON-RPC response, classify that. */
  classifyHttp(status: number, bodyStart: string): FailureClass | undefined;
  readonly probes: {
    /** Which chain it is, as text: the chain's configured `identity` has to be the same. */
    readonly identity: Probe<string>;
    /** `true` while the provider is still catching up; a number: it serves, so many blocks behind by its own account. */
    readonly syncing: Probe<boolean | number>;
    readonly head: Probe<Head>;
  };
  readonly answers: AnswerRules;
  readonly events: EventRules;
  readonly subscriptions: SubscriptionRules;
  /** Absent: the family has no logs. */
  readonly logs?: LogRules;
  /** Absent: the family has no raw writes. */
  readonly rawWrite?: RawWriteRules;
}
