import { eventKinds, type FeedEvent } from '../events/feed-event.ts';
import type { EventSelector } from './event-selector.ts';
import { routeOf, routePatterns } from './route.ts';
import { hasWildcard } from './topic-trie.ts';

/** Tells of single events whether a selector selects them: what the trie tells of all subscriptions at once. */
export class SelectorMatcher {
  /** The patterns under which the trie has the selector. */
  readonly routes: readonly string[];
  readonly #topics = new Set<string>();
  readonly #wildcards: (readonly string[])[] = [];
  readonly #accepts: EventSelector['accepts'];

  constructor(selector: EventSelector) {
    this.routes = routePatterns(selector.patterns);
    for (const pattern of this.routes) {
      if (hasWildcard(pattern)) this.#wildcards.push(pattern.split('.'));
      else this.#topics.add(pattern);
    }
    this.#accepts = selector.accepts;
  }

  /** Whether an event is selected. */
  matches(event: FeedEvent): boolean {
    return this.concerns(event) && this.accepts(event);
  }

  /** Whether a pattern matches, or the selector has to be told of the event besides. */
  concerns(event: FeedEvent): boolean {
    const route = routeOf(event);
    return this.#topics.has(route) || this.#matchesWildcard(route);
  }

  /** The rest of the question about an event that concerns the selector. */
  accepts(event: FeedEvent): boolean {
    return this.#accepts === undefined || event.kind !== eventKinds.log || this.#accepts(event);
  }

  #matchesWildcard(topic: string): boolean {
    if (this.#wildcards.length === 0) return false;
    const tokens = topic.split('.');
    return this.#wildcards.some(pattern => matchesTokens(pattern, tokens));
  }
}

function matchesTokens(pattern: readonly string[], tokens: readonly string[]): boolean {
  for (let at = 0; at < pattern.length; at++) {
    if (pattern[at] === '>') return tokens.length > at;
    if (at >= tokens.length || (pattern[at] !== '*' && pattern[at] !== tokens[at])) return false;
  }
  return pattern.length === tokens.length;
}
