/** Most nodes have one value: a list takes a quarter of what a set does. */
type Values<T> = T[] | Set<T>;

interface TrieNode<T> {
  children: Map<string, TrieNode<T>> | undefined;
  /** What follows `*`. */
  star: TrieNode<T> | undefined;
  /** Values of patterns that end here. */
  here: Values<T> | undefined;
  /** Values of patterns that end with `>` here. */
  rest: Values<T> | undefined;
}

/** Options of a `TopicTrie`. */
export interface TopicTrieOptions {
  /** Topics whose values are remembered; the one that was remembered first goes. @default 10000 */
  readonly maxCached?: number;
}

/**
 * Finds the values whose pattern matches a topic. Patterns are tokens with dots between; `*` stands for one token, `>` at the
 * end for one or more (https://docs.nats.io/nats-concepts/subjects). Each node is visited at most once a match, so that no
 * pattern can make it expensive; what was found is remembered until patterns change.
 */
export class TopicTrie<T> {
  readonly #root: TrieNode<T> = emptyNode();
  readonly #cache = new Map<string, readonly T[]>();
  readonly #maxCached: number;

  constructor(options: TopicTrieOptions = {}) {
    this.#maxCached = options.maxCached ?? 10_000;
  }

  /** Topics whose values are remembered. */
  get cached(): number {
    return this.#cache.size;
  }

  /** Adds `value` under `pattern`; the same value may be under several, and is found once. */
  add(pattern: string, value: T): void {
    const tokens = pattern.split('.');
    const takesRest = tokens.at(-1) === '>';
    if (takesRest) tokens.pop();
    let node = this.#root;
    for (const token of tokens) node = childToFill(node, token);
    if (takesRest) node.rest = withValue(node.rest, value);
    else node.here = withValue(node.here, value);
    this.#forget(pattern);
  }

  /** Takes `value` from under `pattern` again; nothing happens when it is not there. */
  remove(pattern: string, value: T): void {
    const tokens = pattern.split('.');
    const takesRest = tokens.at(-1) === '>';
    if (takesRest) tokens.pop();
    removeFrom(this.#root, tokens, 0, takesRest, value);
    this.#forget(pattern);
  }

  /** The values whose patterns match `topic`, each once. The list is shared: it is not to be changed. */
  match(topic: string): readonly T[] {
    const known = this.#cache.get(topic);
    if (known !== undefined) return known;
    const found = new Set<T>();
    collect(this.#root, topic.split('.'), 0, found);
    const values = found.size === 0 ? nothing : [...found];
    if (this.#cache.size >= this.#maxCached) {
      for (const oldest of this.#cache.keys()) {
        this.#cache.delete(oldest);
        break;
      }
    }
    this.#cache.set(topic, values);
    return values;
  }

  /** A pattern without wildcards changes what is known of one topic only: most subscriptions to logs are of that sort. */
  #forget(pattern: string): void {
    if (hasWildcard(pattern)) this.#cache.clear();
    else this.#cache.delete(pattern);
  }
}

/** Whether a pattern matches more than the topic of its own name. */
export function hasWildcard(pattern: string): boolean {
  return pattern.includes('*') || pattern.includes('>');
}

const nothing: readonly never[] = Object.freeze([]);

function emptyNode<T>(): TrieNode<T> {
  return { children: undefined, star: undefined, here: undefined, rest: undefined };
}

const longestList = 8;

function withValue<T>(values: Values<T> | undefined, value: T): Values<T> {
  if (values === undefined) return [value];
  if (values instanceof Set) return values.add(value);
  if (values.includes(value)) return values;
  if (values.length >= longestList) return new Set([...values, value]);
  values.push(value);
  return values;
}

function withoutValue<T>(values: Values<T> | undefined, value: T): Values<T> | undefined {
  if (values instanceof Set) {
    values.delete(value);
    return values.size === 0 ? undefined : values;
  }
  const left = values?.filter(other => other !== value);
  return left?.length === 0 ? undefined : left;
}

function childToFill<T>(node: TrieNode<T>, token: string): TrieNode<T> {
  if (token === '*') {
    node.star ??= emptyNode();
    return node.star;
  }
  node.children ??= new Map();
  let child = node.children.get(token);
  if (child === undefined) {
    child = emptyNode();
    node.children.set(token, child);
  }
  return child;
}

/** Returns whether nothing is left below `node`. */
function removeFrom<T>(
  node: TrieNode<T>,
  tokens: readonly string[],
  at: number,
  takesRest: boolean,
  value: T,
): boolean {
  if (at === tokens.length) {
    if (takesRest) node.rest = withoutValue(node.rest, value);
    else node.here = withoutValue(node.here, value);
  } else {
    const token = tokens[at]!;
    const child = token === '*' ? node.star : node.children?.get(token);
    if (child !== undefined && removeFrom(child, tokens, at + 1, takesRest, value)) {
      if (token === '*') node.star = undefined;
      else {
        node.children!.delete(token);
        if (node.children!.size === 0) node.children = undefined;
      }
    }
  }
  return (
    node.children === undefined &&
    node.star === undefined &&
    node.here === undefined &&
    node.rest === undefined
  );
}

function collect<T>(node: TrieNode<T>, tokens: readonly string[], at: number, found: Set<T>): void {
  if (at === tokens.length) {
    if (node.here !== undefined) for (const value of node.here) found.add(value);
    return;
  }
  if (node.rest !== undefined) for (const value of node.rest) found.add(value);
  const child = node.children?.get(tokens[at]!);
  if (child !== undefined) collect(child, tokens, at + 1, found);
  if (node.star !== undefined) collect(node.star, tokens, at + 1, found);
}
