import type { MetricDefinition } from '../../telemetry/metrics.ts';
import { markdownTable } from './markdown-table.ts';
import type { SourceModule } from './source-modules.ts';

const introduction = `# Metrics

<!-- Generated from the definitions in src/*/metrics.ts by \`npm run docs\`. Do not edit. -->

\`GET /metrics\` answers in Prometheus' text format. Names and labels are a contract: a change is a breaking one. No label carries a URL, a client's text or an unbounded number of values; beyond 2,000 label sets a metric counts further ones under the value \`other\` (\`trunkline_metrics_folded_series_total\` tells). Besides these there are prom-client's \`process_*\` and \`nodejs_*\` metrics (CPU, memory, file descriptors, heap).
`;

/**
 * The reference of all metrics, the content of docs/metrics.md.
 * @throws Error when two definitions share a name
 */
export function metricsPage(modules: readonly SourceModule[]): string {
  const byFolder = Map.groupBy(
    modules.flatMap(({ folder, exports }) =>
      definitionsIn(exports).map(definition => ({ folder, definition })),
    ),
    ({ folder }) => folder,
  );
  const names = new Set<string>();
  const sections = [...byFolder].map(([folder, entries]) => {
    for (const { definition } of entries) {
      if (names.has(definition.name)) throw new Error(`two definitions of ${definition.name}`);
      names.add(definition.name);
    }
    const rows = entries.map(({ definition }) => row(definition));
    return `## ${folder}\n\n${markdownTable(['Name', 'Kind', 'Labels', 'Meaning'], rows)}\n`;
  });
  return [introduction, ...sections].join('\n');
}

function row({ name, kind, labels, help, buckets }: MetricDefinition): string[] {
  const bounds = buckets === undefined ? '' : ` Buckets: ${buckets.join(', ')}.`;
  return [`\`${name}\``, kind, labels.map(label => `\`${label}\``).join(', '), help + bounds];
}

/** The definitions that a module exports, alone or in an object. */
function definitionsIn(exports: Readonly<Record<string, unknown>>): MetricDefinition[] {
  return Object.values(exports).flatMap(value => {
    if (isDefinition(value)) return [value];
    return typeof value === 'object' && value !== null ? Object.values(value).filter(isDefinition) : [];
  });
}

function isDefinition(value: unknown): value is MetricDefinition {
  return (
    typeof value === 'object' && value !== null && 'kind' in value && 'labels' in value && 'help' in value
  );
}
