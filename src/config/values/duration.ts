import { referenceJson, value } from './value.ts';

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The longest duration that a timer can wait: 2^31 - 1 ms, just under 25 days. */
const longestMs = 2_147_483_647;

/** Milliseconds as a person writes them: the largest unit that divides them. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0ms';
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (ms % unitMs[unit] === 0) return `${ms / unitMs[unit]}${unit}`;
  }
  return `${ms}ms`;
}

/** The milliseconds that `text` says ("500ms", "2s", "1.5m", "250"); undefined when it says none. */
export function parseDuration(text: string): number | undefined {
  const match = /^\s*(\d{1,15}(?:\.\d{1,6})?)\s*(ms|s|m|h|d)?\s*$/.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * unitMs[(match[2] ?? 'ms') as keyof typeof unitMs];
}

/**
 * A duration: a number of milliseconds or a string with a unit; parsed to milliseconds.
 *
 * @param min shortest allowed, in ms. @default 1
 * @param max longest allowed, in ms. @default 2^31 - 1, the longest a timer can wait
 */
export function duration({ min = 1, max = longestMs }: { min?: number; max?: number } = {}) {
  const range =
    max === longestMs
      ? `of at least ${formatDuration(min)}`
      : `from ${formatDuration(min)} to ${formatDuration(max)}`;
  const expectation = {
    expected: `a duration ${range}`,
    hint: 'write milliseconds (2000) or a number with a unit: 500ms, 2s, 1m, 1h',
  };
  return value<number | string, number>(
    {
      type: 'duration',
      json: {
        anyOf: [
          { type: 'number', minimum: min, maximum: max },
          { type: 'string', pattern: '^\\s*\\d+(\\.\\d+)?\\s*(ms|s|m|h|d)?\\s*$' },
          referenceJson,
        ],
      },
    },
    input => {
      const ms =
        typeof input === 'number' ? input : typeof input === 'string' ? parseDuration(input) : undefined;
      return ms !== undefined && ms >= min && ms <= max ? { value: ms } : expectation;
    },
  );
}
