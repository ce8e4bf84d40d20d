import { TrunklineError } from '../errors/trunkline-error.ts';
import type { AdminAction } from '../gateway/admin-routes.ts';
import type { LiveNode } from '../otp/supervision-tree.ts';
import type { LogLevel } from '../telemetry/log-level.ts';
import type { ChainAssembly } from './chain-assembly.ts';
import { exchangeErrors } from './errors.ts';

export interface AdminSources {
  readonly tree: () => LiveNode | undefined;
  readonly chain: (name: string) => ChainAssembly | undefined;
  readonly chains: () => Iterable<ChainAssembly>;
  readonly setLogLevel: (level: LogLevel) => void;
}

const logLevels = ['error', 'warn', 'info', 'debug'] as const satisfies readonly LogLevel[];

/** What operators can ask a running Trunkline for, and do to it. */
export function adminActions(sources: AdminSources): AdminAction[] {
  const devnetOf = (body: Body) => {
    const name = text(body, 'chain');
    const devnet = sources.chain(name)?.devnet;
    if (devnet !== undefined) return devnet;
    const embedded = [...sources.chains()]
      .filter(chain => chain.devnet !== undefined)
      .map(chain => chain.runtime.name);
    throw new TrunklineError(
      exchangeErrors,
      'no_embedded_chain',
      `${JSON.stringify(name)} is no embedded chain; there are: ${embedded.join(', ') || 'none'}`,
    );
  };
  return [
    { method: 'GET', path: 'tree', run: () => ({ tree: sources.tree() }) },
    {
      method: 'POST',
      path: 'log-level',
      run: body => {
        const level = logLevels.find(known => known === text(asBody(body), 'level'));
        if (level === undefined) throw invalid(`level is one of ${logLevels.join(', ')}`);
        sources.setLogLevel(level);
        return { level };
      },
    },
    {
      method: 'GET',
      path: 'devnet',
      run: () => ({
        chains: [...sources.chains()].flatMap(({ devnet }) =>
          devnet === undefined ? [] : [devnet.status()],
        ),
      }),
    },
    {
      method: 'POST',
      path: 'devnet/fault',
      run: async input => {
        const body = asBody(input);
        await devnetOf(body).fault(text(body, 'provider'), text(body, 'kind'), options(body));
      },
    },
    {
      method: 'POST',
      path: 'devnet/heal',
      run: async input => {
        const body = asBody(input);
        await devnetOf(body).heal(body.provider === undefined ? undefined : text(body, 'provider'));
      },
    },
  ];
}

type Body = Readonly<Record<string, unknown>>;

function asBody(input: unknown): Body {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw invalid('the body is a JSON object');
  return input as Body;
}

function text(body: Body, key: string): string {
  const value = body[key];
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw invalid(`"${key}" is missing or no text`);
}

function options(body: Body): Record<string, string | number | boolean> {
  const given = body.options ?? {};
  const result: Record<string, string | number | boolean> = {};
  for (const [key, value] of Object.entries(asBody(given))) {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
      throw invalid(`option "${key}" is no plain value`);
    result[key] = value;
  }
  return result;
}

function invalid(message: string): TrunklineError {
  return new TrunklineError(exchangeErrors, 'admin_request_invalid', message);
}
