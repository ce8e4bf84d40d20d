import type { ChainFamily } from '../../chains/chain-family.ts';
import { TrunklineError } from '../../errors/trunkline-error.ts';
import { feedErrors } from '../errors.ts';
import type { EventSelector } from './event-selector.ts';
import { systemNames } from './system-names.ts';
import { listed, shown, topicFault } from './topic-families.ts';

/** A chain by what clients call it. */
export interface ResolvedChain {
  readonly name: string;
  readonly family: ChainFamily['name'];
}

/** The chain of a name, a chain id or a CAIP-2 id; undefined: there is none. */
export type ResolveChain = (token: string) => ResolvedChain | undefined;

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
 * The selector of a client's list of topics: each checked, its chain by name, hexadecimal tokens in small letters. Equal
 * sets of topics have equal keys.
 *
 * @throws TrunklineError `topic_invalid`, `too_many_topics`
 */
export function parseTopics(
  topics: unknown,
  resolveChain: ResolveChain,
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

function parseTopic(topic: unknown, resolveChain: ResolveChain, limits: TopicLimits): string {
  if (typeof topic !== 'string') throw invalid(`topic ${shown(topic)} is not a string`);
  if (topic.length > limits.maxLength) {
    throw wrong(topic, `has ${topic.length} characters; at most ${limits.maxLength} are allowed`);
  }
  const tokens = topic.split('.').map((token, at) => (at < 2 || isHex(token) ? token.toLowerCase() : token));
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
    const isAny = tokens[0] === '*' || tokens[0] === '>';
    const chain = isAny ? undefined : chainOf(topic, tokens[0]!, resolveChain);
    if (chain !== undefined) tokens[0] = chain.name;
    const wrongly = topicFault(tokens, chain?.family);
    if (wrongly !== undefined) throw wrong(topic, wrongly);
  }
  return tokens.join('.');
}

function chainOf(topic: string, token: string, resolveChain: ResolveChain): ResolvedChain {
  const chain = resolveChain(token);
  if (chain === undefined) {
    throw wrong(
      topic,
      `names no chain that is followed: ${shown(token)} is not the name, chain id or CAIP-2 id of one; \`feed_info\` lists them, \`*\` is all`,
    );
  }
  return chain;
}

/** Addresses and topics of logs are the same in capital letters; keys in base58 are others. */
const isHex = (token: string): boolean => /^(0x[0-9a-f]*|none)$/i.test(token);

function checkSystem(topic: string, tokens: readonly string[]): void {
  const name = tokens[1];
  if (name === undefined || tokens.length > 2) throw wrong(topic, 'is not `system.<name>` or `system.*`');
  if (name === '*' || name === '>' || systemNames.some(known => known === name)) return;
  throw wrong(
    topic,
    `has ${shown(name)} in its second place; of Trunkline itself there are ${listed(systemNames)}, and \`*\` for all`,
  );
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
