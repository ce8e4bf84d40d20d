import type { LogPattern } from '../../aggregation/demand/log-pattern.ts';

/** What has to be gathered of one chain for a selector. */
export interface SelectorDemand {
  readonly logs: readonly LogPattern[];
  readonly pending: boolean;
}

/** What the patterns of a selector need of `chain`: `>` needs everything, of every chain. */
export function selectorDemand(patterns: readonly string[], chain: string): SelectorDemand {
  const logs = new Map<string, LogPattern>();
  let pending = false;
  for (const pattern of patterns) {
    const tokens = pattern.split('.');
    if (tokens[0] !== '>' && tokens[0] !== '*' && tokens[0] !== chain) continue;
    if (mayBe(tokens, 1, 'pending') && (tokens.length <= 2 || tokens[0] === '>')) pending = true;
    const wanted = logPattern(tokens);
    if (wanted !== undefined) logs.set(`${wanted.address ?? '*'}.${wanted.topic0 ?? '*'}`, wanted);
  }
  return { logs: logs.has('*.*') ? [{}] : [...logs.values()], pending };
}

/** The logs that a pattern of topics can match; a topic of a log has four tokens. */
function logPattern(tokens: readonly string[]): LogPattern | undefined {
  const last = tokens.at(-1);
  if (!mayBe(tokens, 1, 'logs')) return undefined;
  if (last === '>' ? tokens.length > 4 : tokens.length !== 4) return undefined;
  const address = valueAt(tokens, 2);
  const topic0 = valueAt(tokens, 3);
  return {
    ...(address === undefined ? {} : { address }),
    // There is no pattern for logs without topics: all of the address are gathered.
    ...(topic0 === undefined || topic0 === 'none' ? {} : { topic0 }),
  };
}

function mayBe(tokens: readonly string[], at: number, value: string): boolean {
  const token = tokens[Math.min(at, tokens.length - 1)];
  return tokens[at] === value || tokens[at] === '*' || token === '>';
}

function valueAt(tokens: readonly string[], at: number): string | undefined {
  const token = tokens[at];
  return token === undefined || token === '*' || token === '>' ? undefined : token;
}
