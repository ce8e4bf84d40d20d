import { formatTable } from '../../harness/table.ts';
import type { SoakResult } from '../soak.ts';
import type { ClientReport } from './soak-client.ts';

/** Whether a client had everything, once, and nothing unexpected happened to it. */
export function isClean({ lost, repeated, disordered, cut, complaints, heads, logs }: ClientReport): boolean {
  return lost + repeated + disordered + cut + complaints.length === 0 && heads > 0 && logs > 0;
}

/** How many faults of which kind. */
export function faultList(counts: Readonly<Record<string, number>>): string {
  const sum = Object.values(counts).reduce((total, count) => total + count, 0);
  return `${sum} faults (${Object.entries(counts)
    .map(([kind, count]) => `${kind} ${count}`)
    .join(', ')})`;
}

/** What a soak has to say in the end. */
export function soakReport({ isGood, blocks, logs, reorgs, faults, clients }: SoakResult): string {
  const head = [
    'client',
    'heads',
    'logs',
    'taken back',
    'lost',
    'repeated',
    'disordered',
    'connections',
    'cut',
  ];
  const rows = clients.map(client => [
    client.name,
    client.heads,
    client.logs,
    client.removed,
    client.lost,
    client.repeated,
    client.disordered,
    client.connections,
    client.cut,
  ]);
  const remarks = clients.flatMap(({ name, remarks: wrong, complaints }) =>
    [...wrong, ...complaints].map(remark => `  ${name}: ${remark}`),
  );
  const sum = (key: 'lost' | 'repeated') => clients.reduce((total, client) => total + client[key], 0);
  return [
    `  ${blocks} blocks with ${logs} logs, ${reorgs} reorganisations, ${faultList(faults)}`,
    '',
    formatTable(head, rows),
    '',
    ...remarks,
    `  lost ${sum('lost')}, repeated ${sum('repeated')}${isGood ? '' : ': NOT GOOD'}`,
    '',
  ].join('\n');
}
