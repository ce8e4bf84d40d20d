/** One sample line of Prometheus' text format. */
export interface ExposedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A parsed exposition: types by metric name, and the samples. */
export interface Exposition {
  readonly types: ReadonlyMap<string, string>;
  readonly helps: ReadonlyMap<string, string>;
  readonly samples: readonly ExposedSample[];
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
}

/**
 * Reads Prometheus' text format 0.0.4 strictly, after its grammar.
 * @throws Error at the first line that is not of it
 */
export function parseExposition(text: string): Exposition {
  const types = new Map<string, string>();
  const helps = new Map<string, string>();
  const samples: ExposedSample[] = [];
  const seen = new Set<string>();
  if (!text.endsWith('\n')) throw new Error('the last line must end in a line feed');
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/s.exec(line);
    if (comment !== null) {
      const target = comment[1] === 'HELP' ? helps : types;
      if (target.has(comment[2]!)) throw new Error(`a second ${comment[1]} of ${comment[2]}`);
      target.set(comment[2]!, comment[3]!);
      continue;
    }
    const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([^ ]+)$/s.exec(line);
    if (sample === null) throw new Error(`not a sample: ${line}`);
    const labels = parseLabels(sample[2] ?? '', line);
    const key = `${sample[1]} ${JSON.stringify(Object.entries(labels).sort())}`;
    if (seen.has(key)) throw new Error(`the same series twice: ${line}`);
    seen.add(key);
    samples.push({ name: sample[1]!, labels, value: parseValue(sample[3]!, line) });
  }
  return {
    types,
    helps,
    samples,
    value: (name, labels = {}) =>
      samples.find(
        sample =>
          sample.name === name &&
          Object.keys(sample.labels).length === Object.keys(labels).length &&
          Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
      )?.value,
  };
}

function parseLabels(source: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(?:,|$)/y;
  while (label.lastIndex < source.length) {
    const at = label.lastIndex;
    const match = label.exec(source);
    if (match === null) throw new Error(`bad labels at ${at}: ${line}`);
    labels[match[1]!] = match[2]!.replace(/\\(.)/gs, (_, c: string) => (c === 'n' ? '\n' : c));
  }
  return labels;
}

function parseValue(text: string, line: string): number {
  if (/^[+-]?inf$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return Number.NaN;
  const value = Number(text);
  if (Number.isNaN(value)) throw new Error(`not a number: ${line}`);
  return value;
}
