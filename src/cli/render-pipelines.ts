import type { PipelinesAnswer, ShownSource } from '../exchange/pipeline-actions.ts';
import type { PipelineStatus } from '../pipelines/runtime/pipeline-status.ts';
import { oneLine } from './one-line.ts';
import { table } from './table.ts';
import type { Paint } from './terminal.ts';

export interface RenderPipelinesOptions {
  readonly paint: Paint;
  /** The built-in ones too, of which a chain has one for each program that the feed gathers. */
  readonly isAll: boolean;
}

const pipelineColumns = [
  'pipeline',
  'chain',
  'kind',
  'state',
  'slot',
  'lag',
  'parsed',
  'handled',
  'errors',
  'dead letters',
  'queue',
  'latency',
];
const sourceColumns = [
  'source',
  'status',
  'slot',
  'lag',
  'gaps',
  'endpoint',
  'doing',
  'reconnects',
  'replay margin',
];

/** Pipelines and what they read from, for a terminal; below them what is wrong. */
export function renderPipelines(answer: PipelinesAnswer, { paint, isAll }: RenderPipelinesOptions): string {
  const { sources, pipelines, broken } = answer;
  if (sources.length === 0 && pipelines.length === 0 && broken.length === 0)
    return 'There are no pipelines: no chain of the family solana runs.';
  const shown = pipelines.filter(pipeline => isAll || !isBuiltIn(pipeline) || isTroubled(pipeline));
  const rows = [
    ...shown.map(pipeline => pipelineRow(pipeline, paint)),
    ...broken.map(({ id, chain }) => [
      id,
      chain,
      '–',
      paint.red('broken'),
      ...pipelineColumns.slice(4).map(() => '–'),
    ]),
  ];
  const hidden = pipelines.length - shown.length;
  const problems = [
    ...broken.map(({ id, message }) => [id, message]),
    ...shown.flatMap(({ id, error }) => (error === undefined ? [] : [[id, error]])),
    ...sources.flatMap(source =>
      source.endpoints.flatMap(({ id, error }) =>
        error === undefined ? [] : [[`${nameOf(source)}, ${id}`, error]],
      ),
    ),
  ];
  return [
    ...(rows.length > 0 ? [table(pipelineColumns, rows)] : []),
    ...(hidden > 0 ? [`  ${hidden} built-in of the feed, all well; --all shows them`] : []),
    '',
    table(
      sourceColumns,
      sources.flatMap(source => sourceRows(source, paint)),
    ),
    ...(problems.length > 0 ? ['', 'last errors:'] : []),
    ...problems.map(([where = '', what = '']) => `  ${where}: ${oneLine(what)}`),
  ].join('\n');
}

function pipelineRow(pipeline: PipelineStatus, paint: Paint): string[] {
  const { id, chain, kind, state, slot, slotLag, parsed, handled } = pipeline;
  const { parseErrors, handlerErrors, deadLetters, queueDepth, latencyMs } = pipeline;
  const errors = parseErrors + handlerErrors;
  return [
    id,
    chain,
    kind,
    stateColour(state, paint),
    slot === 0 ? '–' : String(slot),
    String(slotLag),
    String(parsed),
    String(handled),
    errors > 0 ? paint.yellow(String(errors)) : '0',
    deadLetters > 0 ? paint.yellow(String(deadLetters)) : '0',
    String(queueDepth),
    handled === 0 ? '–' : `${latencyMs < 10 ? latencyMs.toFixed(1) : Math.round(latencyMs)} ms`,
  ];
}

function stateColour(state: PipelineStatus['state'], paint: Paint): string {
  if (state === 'running') return paint.green(state);
  return state === 'error' || state === 'shutdown' ? paint.red(state) : paint.yellow(state);
}

/** A row for each endpoint; the first one has what is said of the source. */
function sourceRows(source: ShownSource, paint: Paint): string[][] {
  const { status, slot, settled, gaps, endpoints } = source;
  const isWell = status === 'streaming';
  const facts = [
    nameOf(source),
    isWell ? paint.green(status) : paint.yellow(status),
    slot === 0 ? '–' : String(slot),
    settled <= 0 ? '–' : String(Math.max(0, slot - settled)),
    gaps > 0 ? paint.yellow(String(gaps)) : '0',
  ];
  if (endpoints.length === 0) return [[...facts, '–', '–', '–', '–']];
  return endpoints.map(({ id, status: doing, reconnects, replayFrom }, at) => [
    ...(at === 0 ? facts : facts.map(() => '')),
    id,
    doing,
    String(reconnects),
    replayFrom === undefined || settled <= 0 ? '–' : `${settled + 1 - replayFrom} slots`,
  ]);
}

const nameOf = ({ chain, source, commitment }: ShownSource) => `${chain} ${source} ${commitment}`;

function isBuiltIn({ id, chain }: PipelineStatus): boolean {
  return id.startsWith(`feed.${chain}.`);
}

function isTroubled({ state, error, deadLetters }: PipelineStatus): boolean {
  return state !== 'running' || error !== undefined || deadLetters > 0;
}
