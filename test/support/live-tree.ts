import type { Exchange } from '../../src/exchange/exchange.ts';
import type { Pid } from '../../src/otp/pid.ts';
import type { LiveNode } from '../../src/otp/supervision-tree.ts';

/** The running processes by their place in the tree: `chains/chain:devnet/providers/provider:node-1/websocket`. */
export function processesOf(exchange: Exchange): Map<string, Pid> {
  const found = new Map<string, Pid>();
  const walk = (node: LiveNode, path: string) => {
    if (node.pid !== undefined) found.set(path, node.pid);
    for (const child of node.children) walk(child, path === '' ? child.id : `${path}/${child.id}`);
  };
  const tree = exchange.tree();
  if (tree !== undefined) walk(tree, '');
  return found;
}

/** Which places have another process than before, none any more, or one for the first time. */
export function changedProcesses(before: ReadonlyMap<string, Pid>, after: ReadonlyMap<string, Pid>) {
  const places = [...before.keys()];
  return {
    replaced: places.filter(place => after.has(place) && after.get(place) !== before.get(place)),
    gone: places.filter(place => !after.has(place)),
    added: [...after.keys()].filter(place => !before.has(place)),
  };
}
