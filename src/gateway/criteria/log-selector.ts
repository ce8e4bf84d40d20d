import { createHash } from 'node:crypto';
import type { LogRules } from '../../chains/chain-family.ts';
import type { FeedEvent } from '../../feed/events/feed-event.ts';
import type { EventSelector } from '../../feed/topics/event-selector.ts';
import type { LogCriteria } from './log-criteria.ts';
import { logView } from './log-view.ts';

/** Patterns of one selector at most; criteria of more addresses and first topics are looked at event by event. */
const maxPatterns = 64;
const any = ['*'] as const;

/** The chain whose logs are selected. */
export interface LogChain {
  readonly name: string;
  readonly rules: LogRules;
}

/**
 * The logs of a chain that meet the criteria: as much as topics can say in its patterns, the rest in `accepts`. As with
 * go-ethereum, a log must have as many topics as the criteria have positions.
 */
export function logSelector(chain: LogChain, criteria: LogCriteria): EventSelector {
  const { addresses, topics } = criteria;
  const first = topics[0] ?? [];
  let ofAddress = orAny(addresses);
  let ofTopic = orAny(first);
  if (ofAddress.length * ofTopic.length > maxPatterns) {
    if (addresses.length > 0 && addresses.length <= maxPatterns) ofTopic = any;
    else ofAddress = any;
    if (ofTopic.length > maxPatterns) ofTopic = any;
  }
  const patterns = ofAddress.flatMap(address =>
    ofTopic.map(topic => `${chain.name}.logs.${address}.${topic}`),
  );
  const text = JSON.stringify([addresses, topics, criteria.fromBlock, criteria.toBlock]);
  // A digest, because criteria of 1,000 addresses would be compared and kept at full length.
  const key = `eth.logs:${chain.name}:${createHash('sha256').update(text).digest('base64url')}`;
  const accepts = residual(chain.rules, criteria, ofAddress === any, ofTopic === any);
  return { key, patterns, ...(accepts === undefined ? {} : { accepts }) };
}

/** What patterns do not say; undefined: they say all. */
function residual(
  rules: LogRules,
  { addresses, topics, fromBlock, toBlock }: LogCriteria,
  isAnyAddress: boolean,
  isAnyTopic: boolean,
): ((event: FeedEvent) => boolean) | undefined {
  const wantedAddresses = isAnyAddress && addresses.length > 0 ? new Set(addresses) : undefined;
  const positions = topics.map(position => (position.length === 0 ? undefined : new Set(position)));
  // The first position is in the patterns, unless they were widened or it only asks that there be a topic.
  const readsTopics = positions.length > 1 || (positions.length === 1 && isAnyTopic);
  const readsNumber = fromBlock > 0 || toBlock !== Number.POSITIVE_INFINITY;
  if (wantedAddresses === undefined && !readsTopics && !readsNumber) return undefined;
  const view = logView(rules);
  return ({ topic, data }) => {
    if (wantedAddresses?.has(addressOf(topic)) === false) return false;
    if (readsNumber) {
      const number = view.blockNumber(data);
      // A log that does not say its number is let through rather than lost.
      if (number < fromBlock || number > toBlock) return false;
    }
    if (!readsTopics) return true;
    const found = view.topics(data);
    if (found.length < positions.length) return false;
    return positions.every((wanted, index) => wanted === undefined || wanted.has(found[index]!));
  };
}

/** The second token from the end of `<chain>.logs.<address>.<topic0>`. */
function addressOf(topic: string): string {
  const end = topic.lastIndexOf('.');
  return topic.slice(topic.lastIndexOf('.', end - 1) + 1, end);
}

function orAny(list: readonly string[]): readonly string[] {
  return list.length === 0 ? any : list;
}
