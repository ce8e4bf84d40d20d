import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import type { Finding } from '../diagnostic.ts';
import type { NodePlace, SourceNode } from './source-node.ts';

/** Nodes that all aliases together may add: a "billion laughs" stops here. */
const maxAliasedNodes = 10_000;

class AliasError extends Error {}

/** The tree of a parsed document, its aliases and merge keys (`<<`) resolved, and its duplicate keys. */
export function buildTree(document: Document.Parsed): {
  root: SourceNode | undefined;
  findings: readonly Finding[];
} {
  const builder = new TreeBuilder();
  if (document.contents === null) return { root: undefined, findings: [] };
  try {
    return { root: builder.build(document.contents, placeOf(document.contents)), findings: builder.findings };
  } catch (error) {
    if (!(error instanceof AliasError)) throw error;
    return { root: undefined, findings: builder.findings };
  }
}

class TreeBuilder {
  readonly findings: Finding[] = [];
  readonly #anchors = new Map<string, Node>();
  readonly #resolving = new Set<Node>();
  #aliasedNodes = 0;

  build(node: Node | null, place: NodePlace): SourceNode {
    if (node === null) return { ...place, kind: 'scalar', value: null };
    if (isAlias(node)) return this.#alias(node.source, place);
    // An anchor is known from here on, as in the document's own order.
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (this.#resolving.size > 0 && ++this.#aliasedNodes > maxAliasedNodes) {
      this.#fail(place, 'the aliases expand to more than any config needs', 'config_too_large');
    }
    if (isMap(node)) return { ...place, kind: 'map', entries: this.#entries(node) };
    if (isSeq(node)) {
      const items = node.items.map(item =>
        this.build(item as Node | null, placeOf(item as Node | null, place.start)),
      );
      return { ...place, kind: 'list', items };
    }
    const value = isScalar(node) ? node.value : null;
    return { ...place, kind: 'scalar', value: isPlain(value) ? value : String(value) };
  }

  #alias(name: string, place: NodePlace): SourceNode {
    const target = this.#anchors.get(name);
    if (target === undefined) this.#fail(place, 'the alias refers to an anchor that is not set before it');
    if (this.#resolving.has(target)) this.#fail(place, 'the alias refers to a section that contains it');
    this.#resolving.add(target);
    const resolved = this.build(target, place);
    this.#resolving.delete(target);
    return resolved;
  }

  #entries(map: YAMLMap): Map<string, SourceNode> {
    const entries = new Map<string, SourceNode>();
    const merged: SourceNode[] = [];
    for (const pair of map.items as Pair<Node, Node | null>[]) {
      const key = isScalar(pair.key) ? String(pair.key.value) : '';
      const keyPlace = placeOf(pair.key);
      const place = { ...placeOf(pair.value, keyPlace.end), keyStart: keyPlace.start, keyEnd: keyPlace.end };
      const node = this.build(pair.value, place);
      if (key === '<<') {
        merged.push(...(node.kind === 'list' ? node.items : [node]));
        continue;
      }
      const first = entries.get(key);
      if (first === undefined) entries.set(key, node);
      else this.#duplicate(place, first);
    }
    for (const source of merged) {
      if (source.kind !== 'map') this.#fail(source, '`<<` takes a section or a list of sections');
      for (const [key, node] of source.entries) if (!entries.has(key)) entries.set(key, node);
    }
    return entries;
  }

  #duplicate(place: NodePlace, first: NodePlace): void {
    this.findings.push({
      code: 'config_duplicate_key',
      message: 'this key stands twice in its section',
      hint: 'keep one of the two',
      path: [],
      range: [place.keyStart ?? place.start, place.keyEnd ?? place.end],
      firstAt: first.keyStart ?? first.start,
    });
  }

  #fail(place: NodePlace, message: string, code: Finding['code'] = 'config_syntax'): never {
    this.findings.push({ code, message, path: [], range: [place.start, place.end] });
    throw new AliasError(message);
  }
}

function placeOf(node: Node | null | undefined, fallback = 0): NodePlace {
  const range = node?.range;
  return range ? { start: range[0], end: Math.max(range[0], range[1]) } : { start: fallback, end: fallback };
}

function isPlain(value: unknown): value is string | number | boolean | null {
  return (
    value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  );
}
