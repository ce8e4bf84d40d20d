import type { ErrorCatalogue, ErrorDefinition } from '../../errors/trunkline-error.ts';
import { markdownTable } from './markdown-table.ts';
import type { SourceModule } from './source-modules.ts';

const introduction = `# Errors

<!-- Generated from the catalogues in src/*/errors.ts by \`npm run docs\`. Do not edit. -->

Every error has a stable code; branch on it, never on the text. A JSON-RPC client finds it in \`error.data.code\`, a log line in \`error.code\`.

* **Again**: the same request may succeed elsewhere or later. For errors of a provider, Trunkline itself tries another one first, where the method allows it.
* **Breaker**: a circuit breaker counts it as a failure of its provider.
* **JSON-RPC**: the \`error.code\` that a JSON-RPC client gets.
`;

/**
 * The reference of all error codes, the content of docs/errors.md.
 * @throws Error when two catalogues share a code
 */
export function errorsPage(modules: readonly SourceModule[]): string {
  const rpcCodes = Object.assign({}, ...modules.map(module => module.exports.jsonRpcCodes)) as RpcCodes;
  const owners = new Map<string, string>();
  const conflicts: string[] = [];
  const sections = modules.flatMap(({ folder, exports }) => {
    const entries = Object.values(exports)
      .filter(isCatalogue)
      .flatMap(Object.entries<ErrorDefinition>);
    for (const [code] of entries) {
      const owner = owners.get(code);
      if (owner !== undefined) conflicts.push(`${owner} and ${folder} both define ${code}`);
      owners.set(code, folder);
    }
    return entries.length === 0 ? [] : [`## ${folder}\n\n${table(entries, rpcCodes)}\n`];
  });
  if (conflicts.length > 0) throw new Error(conflicts.join('; '));
  return [introduction, ...sections].join('\n');
}

type RpcCodes = Readonly<Record<string, number | undefined>>;

function table(entries: readonly (readonly [string, ErrorDefinition])[], rpcCodes: RpcCodes): string {
  const withRpc = entries.some(([code]) => rpcCodes[code] !== undefined);
  const rows = entries.map(([code, { sentence, retryable, penalizesBreaker }]) => [
    `\`${code}\``,
    sentence,
    mark(retryable),
    mark(penalizesBreaker),
    ...(withRpc ? [String(rpcCodes[code] ?? '')] : []),
  ]);
  return markdownTable(['Code', 'Meaning', 'Again', 'Breaker', ...(withRpc ? ['JSON-RPC'] : [])], rows);
}

function mark(flag: boolean | undefined): string {
  return flag ? 'yes' : '';
}

function isCatalogue(value: unknown): value is ErrorCatalogue {
  if (typeof value !== 'object' || value === null) return false;
  const definitions = Object.values(value);
  return (
    definitions.length > 0 &&
    definitions.every(
      definition => typeof definition === 'object' && typeof definition?.sentence === 'string',
    )
  );
}
