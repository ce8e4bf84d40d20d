import { referenceJson, value } from './value.ts';

const unitBytes: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** Bytes as a person writes them: the largest binary unit that divides them. */
export function formatBytes(bytes: number): string {
  for (const [unit, name] of [
    [2 ** 30, 'GiB'],
    [2 ** 20, 'MiB'],
    [2 ** 10, 'KiB'],
  ] as const) {
    if (bytes >= unit && bytes % unit === 0) return `${bytes / unit}${name}`;
  }
  return `${bytes}B`;
}

/** The bytes that `text` says ("10MiB", "10 MB", "4096"); undefined when it says none. */
export function parseBytes(text: string): number | undefined {
  const match = /^\s*(\d{1,15}(?:\.\d{1,6})?)\s*([kmg]?i?b)?\s*$/i.exec(text);
  if (match === null) return undefined;
  const unit = unitBytes[(match[2] ?? 'b').toLowerCase()];
  return unit === undefined ? undefined : Math.round(Number(match[1]) * unit);
}

/**
 * A size: a number of bytes or a string with a unit (MB is 10^6, MiB is 2^20); parsed to whole bytes.
 *
 * @param min smallest allowed, in bytes. @default 1
 * @param max largest allowed, in bytes. @default 1 GiB
 */
export function bytes({ min = 1, max = 2 ** 30 }: { min?: number; max?: number } = {}) {
  const expectation = {
    expected: `a size from ${formatBytes(min)} to ${formatBytes(max)}`,
    hint: 'write bytes (1048576) or a number with a unit: 512KiB, 10MiB, 10MB',
  };
  return value<number | string, number>(
    {
      type: 'size',
      json: {
        anyOf: [
          { type: 'integer', minimum: min, maximum: max },
          { type: 'string', pattern: '^\\s*\\d+(\\.\\d+)?\\s*([KkMmGg]?[Ii]?[Bb])?\\s*$' },
          referenceJson,
        ],
      },
    },
    input => {
      const size =
        typeof input === 'number' ? input : typeof input === 'string' ? parseBytes(input) : undefined;
      return size !== undefined && Number.isInteger(size) && size >= min && size <= max
        ? { value: size }
        : expectation;
    },
  );
}
