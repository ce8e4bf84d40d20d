import { table } from './table.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The `feed` section of `/stats` for a terminal; what is not there is left out. */
export function renderFeedStats(feed: unknown): string {
  const { epoch, earliest, latest, bytes, events, subscriptions, groups, chains } = fields(feed);
  const { appended, perSecond } = fields(events);
  const { live, catchingUp } = fields(subscriptions);
  const lines: [string, unknown][] = [
    ['epoch', epoch],
    ['earliest', earliest],
    ['latest', latest],
    ['size', typeof bytes === 'number' ? size(bytes) : bytes],
    ['events', appended],
    ['events/s', typeof perSecond === 'number' ? perSecond.toFixed(1) : perSecond],
    [
      'subscriptions',
      typeof live === 'number' ? `${live} live, ${cell(catchingUp)} catching up` : subscriptions,
    ],
    ['groups', groups],
  ];
  const facts = lines
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `  ${name.padEnd(14)} ${cell(value)}`);
  const rows = Object.entries(fields(chains)).map(([chain, stats]) => {
    const found = fields(stats);
    return [chain, ...columns.map(([, key]) => cell(found[key]))];
  });
  const ofChains = rows.length === 0 ? [] : ['', table(['chain', ...columns.map(([name]) => name)], rows)];
  return [...facts, ...ofChains].join('\n');
}

const columns: readonly (readonly [string, string])[] = [
  ['tip', 'tip'],
  ['safe', 'safe'],
  ['finalized', 'finalized'],
  ['reorgs', 'reorgs'],
  ['gaps', 'gaps'],
  ['log patterns', 'logPatterns'],
  ['calls/block', 'callsPerBlock'],
];

function size(bytes: number): string {
  return bytes < 2 ** 20 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

function cell(value: unknown): string {
  if (value === undefined || value === null) return '–';
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : value.toFixed(2);
  if (typeof value === 'string') return value;
  // A block may be told with its hash.
  const { number } = fields(value);
  return typeof number === 'number' ? String(number) : JSON.stringify(value);
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
