import { systemClock } from '../clock/system-clock.ts';
import { TrunklineError } from '../errors/trunkline-error.ts';
import { cliErrors } from './errors.ts';

/** Milliseconds that an answer may take. */
const timeoutMs = 10_000;

/**
 * What `GET /stats` of a running Trunkline answers.
 *
 * @param base such as `http://127.0.0.1:4000`
 * @throws TrunklineError `trunkline_unreachable`
 */
export async function fetchStats(base: string): Promise<Readonly<Record<string, unknown>>> {
  const controller = new AbortController();
  const timer = systemClock.setTimeout(() => controller.abort(), timeoutMs);
  let why = 'something else than a Trunkline answers';
  try {
    const response = await fetch(`${base.replace(/\/+$/, '')}/stats`, { signal: controller.signal });
    const stats: unknown = JSON.parse(await response.text());
    if (response.ok && typeof stats === 'object' && stats !== null) return stats as Record<string, unknown>;
    why = `HTTP ${response.status}`;
  } catch (error) {
    if (!(error instanceof SyntaxError)) why = `no Trunkline answers (${reasonOf(error)})`;
  } finally {
    systemClock.clearTimeout(timer);
  }
  throw new TrunklineError(
    cliErrors,
    'trunkline_unreachable',
    `${base}: ${why}; start one with \`npm start\`, or name another with --port or --url`,
  );
}

function reasonOf(error: unknown): string {
  if ((error as Error).name === 'AbortError') return `not within ${timeoutMs / 1_000} s`;
  const { cause } = error as { cause?: NodeJS.ErrnoException };
  return cause?.code === 'ECONNREFUSED' ? 'connection refused' : (cause?.code ?? (error as Error).message);
}
