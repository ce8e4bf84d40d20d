import { TrunklineError } from '../../errors/trunkline-error.ts';
import { gatewayErrors } from '../errors.ts';
import { unknownName } from './unknown-name.ts';

const names = ['topics', 'from', 'block', 'chain', 'time', 'strategy', 'gaps', 'lastEventId'];
const digits = /^\d{1,15}$/;

/**
 * The parameters of a subscription from the query of `GET /feed`, in the shape of those of `feed_subscribe`; undefined:
 * it names no topics. A `Last-Event-ID` goes before the start in the query: the query is the same at each of a
 * browser's reconnections.
 *
 * @param lastEventId the header; clients that cannot set it send `lastEventId` in the query
 * @throws TrunklineError `feed_request_invalid`
 */
export function feedQuery(query: string, lastEventId: string | undefined): FeedQuery | undefined {
  const search = new URLSearchParams(query);
  for (const name of search.keys()) {
    if (!names.includes(name)) throw invalid(`the query has no parameter ${unknownName(name, names)}`);
    if (name !== 'topics' && search.getAll(name).length > 1) throw invalid(`${name} comes twice`);
  }
  if (!search.has('topics')) return undefined;
  const get = (name: string) => search.get(name) ?? undefined;
  const cursor = lastEventId || get('lastEventId') || undefined;
  const start = startOf(get);
  const from = cursor ?? start;
  const strategy = get('strategy');
  const gaps = cursor === undefined ? get('gaps') : 'announce';
  return {
    isResuming: cursor !== undefined,
    params: {
      topics: search
        .getAll('topics')
        .flatMap(list => list.split(','))
        .map(topic => topic.trim()),
      ...(from === undefined ? {} : { from }),
      ...(strategy === undefined ? {} : { strategy }),
      ...(gaps === undefined ? {} : { gaps }),
    },
  };
}

export interface FeedQuery {
  /** The client was here before. */
  readonly isResuming: boolean;
  readonly params: Readonly<Record<string, unknown>>;
}

function startOf(get: (name: string) => string | undefined): unknown {
  const [from, block, chain, time] = [get('from'), get('block'), get('chain'), get('time')];
  if ([from, block, time].filter(start => start !== undefined).length > 1) {
    throw invalid('only one of from, block and time says where to start');
  }
  if (chain !== undefined && block === undefined) throw invalid('chain goes with block');
  if (block !== undefined) {
    return { block: digits.test(block) ? Number(block) : block, ...(chain === undefined ? {} : { chain }) };
  }
  if (time !== undefined) return { time: digits.test(time) ? Number(time) : time };
  return from;
}

function invalid(message: string): TrunklineError {
  return new TrunklineError(gatewayErrors, 'feed_request_invalid', message);
}
