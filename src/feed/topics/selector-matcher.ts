import { eventKinds, type FeedEvent } from '../events/feed-event.ts';
import type { EventSelector } from './event-selector.ts';
import { routeOf, routePatterns } from './route.ts';
import { hasWildcard } from './topic-trie.ts';

const none: readonly (readonly string[])[] = Object.freeze([]);

/** Tells of single events whether a selector selects them: what the trie tells of all subscriptions at once. */
export class SelectorMatcher {
  /** The patterns under which the trie has the selector. */
  readonly routes: readonly string[];
  readonly #accepts: EventSelector['accepts'];
  /** Made when first asked: most subscriptions are found by the trie all their life. */
  #topics: Set<string> | undefined;
  #wildcards: readonly (readonly string[])[] = none;

  constructor(selector: EventSelector) {
    this.routes = routePatterns(selector.patterns);
    this.#accepts = selector.accepts;
  }

  /** Whether an event is selected. */
  matches(event: FeedEvent): boolean {
    return this.concerns(event) && this.accepts(event);
  }

  /** Whether a pattern matches, or the selector has to be told of the event besides. */
  concerns(event: FeedEvent): boolean {
    const route = routeOf(event);
    return this.#literals().has(route) || this.#matchesWildcard(route);
  }

  /** The rest of the question about an event that concerns the selector. */
  accepts(event: FeedEvent): boolean {
    return this.#accepts === undefined || event.kind !== eventKinds.log || this.#accepts(event);
  }

  #literals(): Set<string> {
    if (this.#topics !== undefined) return this.#topics;
    this.#wildcards = this.routes.filter(hasWildcard).map(pattern => pattern.split('.'));
    this.#topics = new Set(this.routes.filter(pattern => !hasWildcard(pattern)));
    return this.#topics;
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
