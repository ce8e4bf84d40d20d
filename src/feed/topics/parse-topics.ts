import { TrunklineError } from '../../errors/trunkline-error.ts';
import { feedErrors } from '../errors.ts';
import type { EventSelector } from './event-selector.ts';
import { systemNames } from './system-names.ts';

/** What a client may ask for in one subscription. */
export interface TopicLimits {
  /** @default 64 */
  readonly maxTopics: number;
  /** Tokens of one topic. @default 8 */
  readonly maxTokens: number;
  /** Characters of one topic. @default 256 */
  readonly maxLength: number;
}

const defaultLimits: TopicLimits = { maxTopics: 64, maxTokens: 8, maxLength: 256 };

/**
 * The selector of a client's list of topics: each checked, in small letters, its chain by name. Equal sets of topics have equal keys.
 *
 * @param resolveChain the name of a chain from its name, chain id or CAIP-2 id; undefined: there is none
 * @throws TrunklineError `topic_invalid`, `too_many_topics`
 */
export function parseTopics(
  topics: unknown,
  resolveChain: (token: string) => string | undefined,
  limits: TopicLimits = defaultLimits,
): EventSelector {
  if (!Array.isArray(topics) || topics.length === 0) {
    throw invalid('`topics` has to be a list of at least one topic, as ["devnet.heads", "*.logs.>"]');
  }
  if (topics.length > limits.maxTopics) {
    throw new TrunklineError(
      feedErrors,
      'too_many_topics',
      `${topics.length} topics; a subscription takes at most ${limits.maxTopics}. Use wildcards, or several subscriptions`,
      { details: { topics: topics.length, limit: limits.maxTopics } },
    );
  }
  const patterns = new Set<string>();
  for (const topic of topics as readonly unknown[]) patterns.add(parseTopic(topic, resolveChain, limits));
  const sorted = [...patterns].sort();
  return { key: sorted.join(','), patterns: sorted };
}

const families = ['heads', 'logs', 'pending', 'reorgs', 'gaps', 'finality', 'providers'];
const address = /^0x[0-9a-f]{40}$/;
const topic0 = /^0x[0-9a-f]{64}$/;

function parseTopic(
  topic: unknown,
  resolveChain: (token: string) => string | undefined,
  limits: TopicLimits,
): string {
  if (typeof topic !== 'string') throw invalid(`topic ${shown(topic)} is not a string`);
  if (topic.length > limits.maxLength) {
    throw wrong(topic, `has ${topic.length} characters; at most ${limits.maxLength} are allowed`);
  }
  const tokens = topic.toLowerCase().split('.');
  if (tokens.length > limits.maxTokens) {
    throw wrong(topic, `has ${tokens.length} tokens; at most ${limits.maxTokens} are allowed`);
  }
  if (tokens.includes('')) throw wrong(topic, 'has an empty token: tokens have single dots between them');
  const rest = tokens.indexOf('>');
  if (rest !== -1 && rest !== tokens.length - 1) {
    throw wrong(topic, 'has `>` before its end: it stands for one or more tokens at the end');
  }
  for (const token of tokens) {
    if (token.length > 1 && /[*>]/.test(token)) {
      throw wrong(topic, 'has a wildcard inside a token: `*` and `>` each stand alone between dots');
    }
  }
  if (tokens[0] === 'system') checkSystem(topic, tokens);
  else {
    if (tokens[0] !== '*' && tokens[0] !== '>') tokens[0] = chainOf(topic, tokens[0]!, resolveChain);
    checkFamily(topic, tokens);
  }
  return tokens.join('.');
}

function chainOf(topic: string, token: string, resolveChain: (token: string) => string | undefined): string {
  const chain = resolveChain(token);
  if (chain === undefined) {
    throw wrong(
      topic,
      `names no chain that is followed: ${shown(token)} is not the name, chain id or CAIP-2 id of one; \`feed_info\` lists them, \`*\` is all`,
    );
  }
  return chain;
}

function checkSystem(topic: string, tokens: readonly string[]): void {
  const name = tokens[1];
  if (name === undefined || tokens.length > 2) throw wrong(topic, 'is not `system.<name>` or `system.*`');
  if (name === '*' || name === '>' || systemNames.some(known => known === name)) return;
  throw wrong(
    topic,
    `has ${shown(name)} in its second place; of Trunkline itself there are ${listed(systemNames)}, and \`*\` for all`,
  );
}

/** Refuses what can never match, so that a slip of the pen is an error and not a silent subscription. */
function checkFamily(topic: string, tokens: readonly string[]): void {
  const [first, family] = tokens;
  if (first === '>') return;
  if (family === undefined)
    throw wrong(topic, `has to name what of the chain: ${listed(families)}, \`*\`, or \`>\` for all`);
  if (family === '>') return;
  if (family !== '*' && !families.includes(family)) {
    throw wrong(
      topic,
      `has ${shown(family)} in its second place; allowed are ${listed(families)}, \`*\` and \`>\``,
    );
  }
  if (family === '*' && tokens.length === 2) return;
  if (family !== 'logs' && family !== '*') {
    if (tokens.length > 2)
      throw wrong(topic, `goes on behind \`${family}\`; only \`logs\` has further tokens`);
    return;
  }
  checkLogs(topic, tokens);
}

function checkLogs(topic: string, tokens: readonly string[]): void {
  const form = '`<chain>.logs.<address>.<topic0>`, where either may be `*`, or `<chain>.logs.>` for all';
  const [, , emitter, signature] = tokens;
  if (emitter === undefined) throw wrong(topic, `matches no log: logs are ${form}`);
  if (emitter === '>') return;
  if (emitter !== '*' && !address.test(emitter)) {
    throw wrong(
      topic,
      `has ${shown(emitter)} where an address belongs (0x and 40 hexadecimal digits, or \`*\`)`,
    );
  }
  if (signature === undefined || tokens.length > 4) throw wrong(topic, `matches no log: logs are ${form}`);
  if (signature === '>' || signature === '*' || signature === 'none' || topic0.test(signature)) return;
  throw wrong(
    topic,
    `has ${shown(signature)} where the first topic belongs (0x and 64 hexadecimal digits, \`none\` for a log without topics, or \`*\`)`,
  );
}

function listed(words: readonly string[]): string {
  return words.map(word => `\`${word}\``).join(', ');
}

function shown(value: unknown): string {
  const text =
    typeof value === 'string' ? JSON.stringify(value) : `of type ${value === null ? 'null' : typeof value}`;
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}

function wrong(topic: string, what: string): TrunklineError {
  return invalid(`topic ${shown(topic)} ${what}`, topic.slice(0, 256));
}

function invalid(message: string, topic?: string): TrunklineError {
  return new TrunklineError(
    feedErrors,
    'topic_invalid',
    message,
    topic === undefined ? {} : { details: { topic } },
  );
}
