import type { Finding } from '../diagnostic.ts';
import { formatBytes } from '../values/bytes.ts';
import type { Check } from './check.ts';

/** Of the log's file this share may be history; the rest is for indexes, and for pages that are free but not yet used again. */
const historyShare = 0.75;

/** The history of the feed fits in its store. */
export const checkFeed: Check = ({ config: { feed, storage } }) => {
  if (storage === undefined) return [];
  const findings: Finding[] = [];
  const { max_bytes: maxBytes } = storage.stores.log;
  if (feed.retention.bytes > maxBytes * historyShare) {
    findings.push({
      code: 'config_conflict',
      message: `\`feed.retention.bytes\` (${formatBytes(feed.retention.bytes)}) does not fit in its store, which has ${formatBytes(maxBytes)}`,
      hint: 'lower it to three quarters of `storage.stores.log.max_bytes`, or raise that',
      path: ['feed', 'retention', 'bytes'],
      involves: [['storage', 'stores', 'log', 'max_bytes']],
    });
  }
  return findings;
};
