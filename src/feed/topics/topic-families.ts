import type { ChainFamily } from '../../chains/chain-family.ts';

type FamilyName = ChainFamily['name'];

/** What the second token of a topic may be, by the family of the chain. */
const kinds = {
  evm: ['heads', 'logs', 'pending', 'reorgs', 'gaps', 'finality', 'providers'],
  solana: ['slots', 'logs', 'transactions', 'accounts', 'events', 'gaps', 'providers'],
} as const satisfies Readonly<Record<FamilyName, readonly string[]>>;

/** The tokens behind the second, of the topics of a Solana chain. */
const solanaTokens: Readonly<Record<string, readonly ('program' | 'key' | 'name')[]>> = {
  logs: ['program'],
  transactions: ['program'],
  accounts: ['key'],
  events: ['program', 'name'],
};

const address = /^0x[0-9a-f]{40}$/;
const topic0 = /^0x[0-9a-f]{64}$/;
const key = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/;
const eventName = /^[A-Za-z_]\w{0,127}$/;

/**
 * What makes it sure that a topic of a chain never matches, so that a slip of the pen is an error and not a silent
 * subscription; undefined: it may match.
 *
 * @param family of the chain; undefined: the topic is of all chains
 */
export function topicFault(tokens: readonly string[], family: FamilyName | undefined): string | undefined {
  const [first, kind] = tokens;
  const known: readonly string[] =
    family === undefined ? [...new Set([...kinds.evm, ...kinds.solana])] : kinds[family];
  if (first === '>') return undefined;
  if (kind === undefined) return `has to name what of the chain: ${listed(known)}, \`*\`, or \`>\` for all`;
  if (kind === '>' || (kind === '*' && tokens.length === 2)) return undefined;
  if (kind !== '*' && !known.includes(kind)) {
    return `has ${shown(kind)} in its second place; allowed are ${listed(known)}, \`*\` and \`>\``;
  }
  return isOfSolana(tokens, family) ? solanaFault(tokens) : evmFault(tokens);
}

/** A topic of all chains is read as one of the family that it can only be of. */
function isOfSolana([, kind, subject]: readonly string[], family: FamilyName | undefined): boolean {
  if (family !== undefined) return family === 'solana';
  const isShared = kind === '*' || kinds.evm.some(known => known === kind);
  return !isShared || (subject !== undefined && key.test(subject));
}

function evmFault(tokens: readonly string[]): string | undefined {
  const [, kind, emitter, signature] = tokens;
  if (kind !== 'logs' && kind !== '*') {
    return tokens.length > 2 ? `goes on behind \`${kind}\`; only \`logs\` has further tokens` : undefined;
  }
  const form = '`<chain>.logs.<address>.<topic0>`, where either may be `*`, or `<chain>.logs.>` for all';
  if (emitter === undefined) return `matches no log: logs are ${form}`;
  if (emitter === '>') return undefined;
  if (emitter !== '*' && !address.test(emitter)) {
    return `has ${shown(emitter)} where an address belongs (0x and 40 hexadecimal digits, or \`*\`)`;
  }
  if (signature === undefined || tokens.length > 4) return `matches no log: logs are ${form}`;
  if (signature === '>' || signature === '*' || signature === 'none' || topic0.test(signature))
    return undefined;
  return `has ${shown(signature)} where the first topic belongs (0x and 64 hexadecimal digits, \`none\` for a log without topics, or \`*\`)`;
}

function solanaFault(tokens: readonly string[]): string | undefined {
  const [, kind = '', ...rest] = tokens;
  const wanted = kind === '*' ? solanaTokens.events! : (solanaTokens[kind] ?? []);
  if (wanted.length === 0) {
    const deep = listed(Object.keys(solanaTokens));
    return rest.length > 0 ? `goes on behind \`${kind}\`; only ${deep} have further tokens` : undefined;
  }
  const form = `\`<chain>.${kind}.${wanted.map(token => `<${token}>`).join('.')}\`, each of which may be \`*\`, or \`<chain>.${kind}.>\` for all`;
  for (const [at, sort] of wanted.entries()) {
    const token = rest[at];
    if (token === '>') return undefined;
    if (token === undefined)
      return kind === '*' && at > 0 ? undefined : `matches nothing: its form is ${form}`;
    if (token === '*') continue;
    if (sort === 'name' ? !eventName.test(token) : !key.test(token)) {
      const belongs =
        sort === 'name' ? 'the name of an event belongs' : `a ${sort} belongs (32 bytes in base58, or \`*\`)`;
      return `has ${shown(token)} where ${belongs}`;
    }
  }
  return rest.length > wanted.length ? `matches nothing: its form is ${form}` : undefined;
}

/** Words as they stand in a sentence. */
export function listed(words: readonly string[]): string {
  return words.map(word => `\`${word}\``).join(', ');
}

/** What a client wrote, short enough to be told back. */
export function shown(value: unknown): string {
  const text =
    typeof value === 'string' ? JSON.stringify(value) : `of type ${value === null ? 'null' : typeof value}`;
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}
