/** Where a node stands in the file: offsets of its value and, inside a mapping, of its key. */
export interface NodePlace {
  readonly start: number;
  readonly end: number;
  readonly keyStart?: number;
  readonly keyEnd?: number;
}

/** A config file as a tree whose nodes know their place; aliases and merge keys are resolved. */
export type SourceNode = NodePlace &
  (
    | { readonly kind: 'scalar'; readonly value: string | number | boolean | null }
    | { readonly kind: 'map'; readonly entries: ReadonlyMap<string, SourceNode> }
    | { readonly kind: 'list'; readonly items: readonly SourceNode[] }
  );

/** The child of `node` under a key or an index; undefined when there is none. */
export function childOf(node: SourceNode, part: string | number): SourceNode | undefined {
  if (node.kind === 'map') return node.entries.get(String(part));
  if (node.kind === 'list' && typeof part === 'number') return node.items[part];
  return undefined;
}
