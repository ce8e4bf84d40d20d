import type { LiveNode } from '../otp/supervision-tree.ts';
import type { Paint } from './terminal.ts';

/** A node of the live tree as the admin API sends it. */
export type ShownNode = Omit<LiveNode, 'pid' | 'children'> & {
  readonly pid?: { readonly id: number } | undefined;
  readonly children: readonly ShownNode[];
};

const stateWidth = 70;

/** The tree as text: a line a process, its children below it. */
export function renderTree(root: ShownNode, paint: Paint): string {
  const lines: { name: string; plainLength: number; rest: string }[] = [];
  collect(root, '', '', paint, lines);
  const width = Math.max(...lines.map(line => line.plainLength)) + 2;
  return lines
    .map(line => `${line.name}${' '.repeat(width - line.plainLength)}${line.rest}`.trimEnd())
    .join('\n');
}

function collect(
  node: ShownNode,
  lead: string,
  childLead: string,
  paint: Paint,
  lines: { name: string; plainLength: number; rest: string }[],
): void {
  const strategy = node.strategy === undefined ? '' : ` ${node.strategy}`;
  lines.push({
    name: `${paint.dim(lead)}${node.type === 'supervisor' ? paint.bold(node.id) : node.id}${paint.dim(strategy)}`,
    plainLength: lead.length + node.id.length + strategy.length,
    rest: describe(node, paint),
  });
  node.children.forEach((child, index) => {
    const isLast = index === node.children.length - 1;
    collect(
      child,
      `${childLead}${isLast ? '└─ ' : '├─ '}`,
      `${childLead}${isLast ? '   ' : '│  '}`,
      paint,
      lines,
    );
  });
}

function describe(node: ShownNode, paint: Paint): string {
  const status = node.status === 'undefined' ? 'stopped' : node.status;
  const parts = [status === 'running' ? paint.green(status) : paint.yellow(status)];
  if (node.restarts > 0)
    parts.push(paint.yellow(`${node.restarts} restart${node.restarts === 1 ? '' : 's'}`));
  if (node.mailboxLength > 0) parts.push(`${node.mailboxLength} waiting`);
  if (node.state !== undefined && node.state !== null && node.type === 'worker')
    parts.push(paint.dim(stateText(node.state)));
  return parts.join('  ');
}

function stateText(state: unknown): string {
  const text =
    typeof state === 'object' && state !== null
      ? Object.entries(state)
          .map(
            ([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
          )
          .join(' ')
      : String(state);
  return text.length > stateWidth ? `${text.slice(0, stateWidth - 1)}…` : text;
}
