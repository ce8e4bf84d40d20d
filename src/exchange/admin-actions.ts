import { TrunklineError } from '../errors/trunkline-error.ts';
import type { AdminAction } from '../gateway/admin-routes.ts';
import type { LiveNode } from '../otp/supervision-tree.ts';
import type { LogLevel } from '../telemetry/log-level.ts';
import { asBody, type Body, flag, integer, invalid, text } from './admin-body.ts';
import type { ChainAssembly } from './chain-assembly.ts';
import { exchangeErrors } from './errors.ts';

export interface AdminSources {
  readonly tree: () => LiveNode | undefined;
  readonly chain: (name: string) => ChainAssembly | undefined;
  readonly chains: () => Iterable<ChainAssembly>;
  readonly setLogLevel: (level: LogLevel) => void;
}

const logLevels = ['error', 'warn', 'info', 'debug'] as const satisfies readonly LogLevel[];

/** Slots that are abandoned or left out at once, at most. */
const maxSlots = 1_000;

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
    {
      method: 'POST',
      path: 'devnet/fork',
      run: async input => {
        const body = asBody(input);
        const depth = integer(body, 'depth', { min: 1, max: maxSlots, fallback: 1 });
        return { dead: await devnetOf(body).fork(depth, { drop: flag(body, 'drop') }) };
      },
    },
    {
      method: 'POST',
      path: 'devnet/skip',
      run: async input => {
        const body = asBody(input);
        const slots = integer(body, 'slots', { min: 1, max: maxSlots, fallback: 1 });
        await devnetOf(body).skip(slots);
        return { slots };
      },
    },
  ];
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
