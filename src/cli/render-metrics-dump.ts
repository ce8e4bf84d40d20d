import type { RuntimeDump } from '../exchange/debug-actions.ts';

/** A dump as text that Prometheus' tools read: what is no metric of Trunkline stands in comments above. */
export function renderMetricsDump(dump: RuntimeDump): string {
  const { at, node, pid, uptimeSeconds, cpu, memory, heap, heapSpaces, handles, metrics } = dump;
  const facts: [string, unknown][] = [
    ['time', new Date(at).toISOString()],
    ['node', node],
    ['pid', pid],
    ['uptime_seconds', uptimeSeconds],
    ...prefixed('cpu_seconds', cpu),
    ...prefixed('memory', memory),
    ...prefixed('heap', heap),
    ...prefixed('heap_space', heapSpaces),
    ...prefixed('handles', handles),
  ];
  return `${facts.map(([name, value]) => `# ${name} ${value}`).join('\n')}\n\n${metrics}`;
}

function prefixed(prefix: string, values: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(values).map(([name, value]) => [`${prefix}.${name}`, value]);
}
