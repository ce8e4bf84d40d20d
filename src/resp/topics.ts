import { compileGlob } from '../protocol/resp/glob.ts';

/** What takes the messages of channels. */
export interface TopicSubscriber {
  /** `pattern`: the pattern that matched; undefined when the channel itself is subscribed to. */
  deliver(message: TopicMessage, pattern: Uint8Array | undefined): void;
}

/** One published message; the same object for all subscribers. */
export interface TopicMessage {
  readonly channel: Uint8Array;
  readonly payload: Uint8Array;
}

export interface TopicLimits {
  /** Channels and patterns that one subscriber may hold. */
  readonly maxPerSubscriber: number;
  /** Channels and patterns of all subscribers together. */
  readonly maxInAll: number;
  /** Distinct patterns; each is tried on every message. */
  readonly maxPatterns: number;
  /** Bytes of a channel's or pattern's name. */
  readonly maxNameBytes: number;
}

const defaultLimits: TopicLimits = {
  maxPerSubscriber: 1000,
  maxInAll: 100_000,
  maxPatterns: 1000,
  maxNameBytes: 1024,
};

interface Topic {
  readonly name: Uint8Array;
  readonly subscribers: Set<TopicSubscriber>;
}

interface PatternTopic extends Topic {
  readonly isMatch: (channel: Uint8Array) => boolean;
}

/** A name as a key of a map: one character a byte, so that no two names share one. */
const keyOf = (name: Uint8Array): string =>
  Buffer.from(name.buffer, name.byteOffset, name.length).toString('latin1');

/** Channels within the process: who subscribes to what, and handing messages on. Synchronous. */
export class Topics {
  readonly #limits: TopicLimits;
  readonly #channels = new Map<string, Topic>();
  readonly #patterns = new Map<string, PatternTopic>();
  readonly #held = new Map<TopicSubscriber, TopicSubscriptions>();
  #size = 0;

  constructor(limits: Partial<TopicLimits> = {}) {
    this.#limits = { ...defaultLimits, ...limits };
  }

  /** Subscriptions of all subscribers. */
  get size(): number {
    return this.#size;
  }

  /** Distinct patterns. */
  get patternCount(): number {
    return this.#patterns.size;
  }

  /** Channels and patterns that the subscriber holds. */
  count(subscriber: TopicSubscriber): number {
    const held = this.#held.get(subscriber);
    return held === undefined ? 0 : held.channels.size + held.patterns.size;
  }

  /** Subscribes to a channel; again does nothing. @returns false when a limit forbids it */
  subscribe(name: Uint8Array, subscriber: TopicSubscriber): boolean {
    return this.#add('channels', this.#channels, name, subscriber, copied => ({
      name: copied,
      subscribers: new Set(),
    }));
  }

  /** As `subscribe`, to every channel whose name matches. */
  subscribePattern(pattern: Uint8Array, subscriber: TopicSubscriber): boolean {
    if (this.#patterns.size >= this.#limits.maxPatterns && !this.#patterns.has(keyOf(pattern))) return false;
    return this.#add('patterns', this.#patterns, pattern, subscriber, copied => ({
      name: copied,
      subscribers: new Set(),
      isMatch: compileGlob(copied),
    }));
  }

  unsubscribe(name: Uint8Array, subscriber: TopicSubscriber): void {
    this.#remove('channels', this.#channels, keyOf(name), subscriber);
  }

  unsubscribePattern(pattern: Uint8Array, subscriber: TopicSubscriber): void {
    this.#remove('patterns', this.#patterns, keyOf(pattern), subscriber);
  }

  /** The names of the channels, or patterns, that the subscriber holds. */
  heldBy(kind: 'channels' | 'patterns', subscriber: TopicSubscriber): Uint8Array[] {
    const topics = kind === 'channels' ? this.#channels : this.#patterns;
    return [...(this.#held.get(subscriber)?.[kind] ?? [])].map(key => topics.get(key)!.name);
  }

  /** Ends all subscriptions of the subscriber. */
  forget(subscriber: TopicSubscriber): void {
    const held = this.#held.get(subscriber);
    if (held === undefined) return;
    for (const key of held.channels) this.#remove('channels', this.#channels, key, subscriber);
    for (const key of held.patterns) this.#remove('patterns', this.#patterns, key, subscriber);
  }

  /** Hands a message to everybody who subscribes to its channel. @returns how often it was handed over */
  publish(channel: Uint8Array, payload: Uint8Array): number {
    const message: TopicMessage = { channel, payload };
    let deliveries = 0;
    for (const subscriber of this.#channels.get(keyOf(channel))?.subscribers ?? []) {
      subscriber.deliver(message, undefined);
      deliveries++;
    }
    for (const topic of this.#patterns.values()) {
      if (!topic.isMatch(channel)) continue;
      for (const subscriber of topic.subscribers) {
        subscriber.deliver(message, topic.name);
        deliveries++;
      }
    }
    return deliveries;
  }

  /** Subscribers of the channel itself, patterns not counted. */
  subscribersOf(name: Uint8Array): number {
    return this.#channels.get(keyOf(name))?.subscribers.size ?? 0;
  }

  /** Names of channels with subscribers that `isMatch` accepts. */
  channels(isMatch: (channel: Uint8Array) => boolean): Uint8Array[] {
    return [...this.#channels.values()].map(topic => topic.name).filter(isMatch);
  }

  #add<T extends Topic>(
    kind: 'channels' | 'patterns',
    topics: Map<string, T>,
    name: Uint8Array,
    subscriber: TopicSubscriber,
    create: (copied: Uint8Array) => T,
  ): boolean {
    const key = keyOf(name);
    let held = this.#held.get(subscriber);
    if (held?.[kind].has(key)) return true;
    const { maxPerSubscriber, maxInAll, maxNameBytes } = this.#limits;
    if (this.#size >= maxInAll || this.count(subscriber) >= maxPerSubscriber) return false;
    if (name.length > maxNameBytes) return false;
    if (held === undefined) {
      held = { channels: new Set(), patterns: new Set() };
      this.#held.set(subscriber, held);
    }
    let topic = topics.get(key);
    if (topic === undefined) {
      topic = create(Buffer.from(name));
      topics.set(key, topic);
    }
    topic.subscribers.add(subscriber);
    held[kind].add(key);
    this.#size++;
    return true;
  }

  #remove(
    kind: 'channels' | 'patterns',
    topics: Map<string, Topic>,
    key: string,
    subscriber: TopicSubscriber,
  ): void {
    const held = this.#held.get(subscriber);
    if (held === undefined || !held[kind].delete(key)) return;
    this.#size--;
    if (held.channels.size + held.patterns.size === 0) this.#held.delete(subscriber);
    const topic = topics.get(key)!;
    topic.subscribers.delete(subscriber);
    if (topic.subscribers.size === 0) topics.delete(key);
  }
}

interface TopicSubscriptions {
  readonly channels: Set<string>;
  readonly patterns: Set<string>;
}
