import { TrunklineError } from '../../errors/trunkline-error.ts';
import type { FeedRequest, FeedStart, SlowStrategy } from '../../feed/delivery/feed-request.ts';
import type { EventSelector } from '../../feed/topics/event-selector.ts';
import { parseTopics, type ResolveChain } from '../../feed/topics/parse-topics.ts';
import { gatewayErrors } from '../errors.ts';
import { unknownName } from './unknown-name.ts';

/** What a client asks for, without what Trunkline adds. */
export type AskedFeed = Pick<FeedRequest, 'selector' | 'from' | 'strategy' | 'gaps'>;

const members = ['topics', 'from', 'strategy', 'gaps'];
const strategies: readonly SlowStrategy[] = ['catch_up', 'drop_oldest', 'disconnect'];
const gapModes: readonly FeedRequest['gaps'][] = ['refuse', 'announce'];
const isoTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/;

/**
 * Reads the parameters of `feed_subscribe`; those of a query string come in the same shape (`feedQuery`).
 * @throws TrunklineError `feed_request_invalid`, `topic_invalid`, `too_many_topics`
 */
export function readFeedRequest(params: unknown, resolveChain: ResolveChain): AskedFeed {
  if (!isObject(params)) throw invalid('send an object such as {"topics":["*.heads"],"from":"latest"}');
  checkMembers('parameters', params, members);
  const { strategy = 'catch_up', gaps = 'refuse' } = params;
  const selector = parseTopics(params.topics, resolveChain);
  return {
    selector,
    from: readStart(params.from, selector, resolveChain),
    strategy: oneOf('strategy', strategy, strategies),
    gaps: oneOf('gaps', gaps, gapModes),
  };
}

function readStart(from: unknown, selector: EventSelector, resolveChain: ResolveChain): FeedStart {
  if (from === undefined) return { kind: 'latest' };
  if (from === 'latest' || from === 'earliest') return { kind: from };
  if (typeof from === 'string') return { kind: 'cursor', cursor: from };
  if (isObject(from) && 'time' in from) {
    checkMembers('from', from, ['time']);
    return { kind: 'time', time: readTime(from.time) };
  }
  if (isObject(from) && 'block' in from) {
    checkMembers('from', from, ['block', 'chain']);
    return {
      kind: 'block',
      number: readBlock(from.block),
      chain: chainOf(from.chain, selector, resolveChain),
    };
  }
  throw invalid(
    'from is "latest", "earliest", a cursor, {"block":<number>} or {"time":<ISO 8601 or milliseconds>}',
  );
}

function readBlock(block: unknown): number {
  if (typeof block === 'number' && Number.isSafeInteger(block) && block >= 0) return block;
  throw invalid('from.block is a whole number from 0 on');
}

function readTime(time: unknown): number {
  const value = typeof time === 'string' && isoTime.test(time) ? Date.parse(time) : time;
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw invalid('from.time is an ISO 8601 time such as "2026-01-31T12:00:00Z", or milliseconds since 1970');
}

/** The chain whose block it is: as said, or the only one that the topics are of. */
function chainOf(chain: unknown, { patterns }: EventSelector, resolveChain: ResolveChain): string {
  if (typeof chain === 'string') {
    const name = resolveChain(chain)?.name;
    if (name === undefined) throw invalid('from.chain names no chain that is followed; feed_info lists them');
    return name;
  }
  const [first, ...others] = new Set(patterns.map(pattern => pattern.split('.', 1)[0]!));
  if (chain !== undefined || others.length > 0 || resolveChain(first!) === undefined) {
    throw invalid(
      'say which chain the block is of: {"block":<number>,"chain":"<name>"}, in a query block=<number>&chain=<name>',
    );
  }
  return first!;
}

function oneOf<Value extends string>(name: string, value: unknown, values: readonly Value[]): Value {
  const found = values.find(candidate => candidate === value);
  if (found === undefined) throw invalid(`${name} is one of ${values.join(', ')}`);
  return found;
}

function checkMembers(what: string, value: object, allowed: readonly string[]): void {
  for (const key of Object.keys(value)) {
    if (!allowed.includes(key)) throw invalid(`${what} has no member ${unknownName(key, allowed)}`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(message: string): TrunklineError {
  return new TrunklineError(gatewayErrors, 'feed_request_invalid', message);
}
