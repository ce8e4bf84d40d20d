import { eventKinds, type FeedEvent } from '../events/feed-event.ts';

/** Takes the place of `gaps` when events were shed: that concerns those who listen to transactions, not to blocks. No chain's topic can have it. */
const shedGaps = 'gaps~shed';

/**
 * The patterns under which a subscription is looked up: its own, and those of what it has to be told besides. Who may get
 * heads, slots, logs or what else happens on a chain is told of its reorgs and gaps; who may get its transactions, of those that were shed.
 */
export function routePatterns(patterns: readonly string[]): readonly string[] {
  const routes = new Set(patterns);
  for (const pattern of patterns) {
    const tokens = pattern.split('.');
    const chain = tokens[0]!;
    if (chain === '>') continue;
    const isFamily = (family: string) => tokens[1] === family || tokens[1] === '*' || tokens[1] === '>';
    // These have more than two tokens.
    const isDeep = ['logs', 'transactions', 'accounts', 'events'].some(isFamily);
    const mayBe = (family: string) => tokens.length === 2 && isFamily(family);
    if (mayBe('heads') || mayBe('slots') || isDeep) {
      routes.add(`${chain}.reorgs`);
      routes.add(`${chain}.gaps`);
    }
    if (mayBe('pending') || mayBe('gaps')) routes.add(`${chain}.${shedGaps}`);
  }
  return routes.size === patterns.length ? patterns : [...routes];
}

/** The topic under which those are looked up whom an event concerns. */
export function routeOf(event: FeedEvent): string {
  return event.kind === eventKinds.gap && isShed(event.data) ? `${event.chain}.${shedGaps}` : event.topic;
}

function isShed(data: Buffer): boolean {
  try {
    const parsed: unknown = JSON.parse(data.toString());
    return typeof parsed === 'object' && parsed !== null && 'reason' in parsed && parsed.reason === 'shed';
  } catch {
    return false;
  }
}
