import type { ChildProcesses } from '../harness/child-processes.ts';
import { NodeTarget } from '../harness/feed-target.ts';

/** The topic of the events that a `feed-server` publishes. */
export const benchTopic = 'system.config';

/** What stays in mind about a Trunkline whose feed is measured without chains. */
export interface TrunklineFeedOptions {
  readonly store: 'memory' | 'durable';
  /** Folder for CPU profiles. @default no profile */
  readonly profile?: string | undefined;
}

/** The event log, the feed and the gateway's way to it, in a process of their own. */
export function startTrunklineFeed(
  children: ChildProcesses,
  { store, profile }: TrunklineFeedOptions,
): Promise<NodeTarget> {
  return NodeTarget.start(children, `trunkline, ${store}`, {
    script: 'feed-server',
    args: store === 'durable' ? [children.makeFolder()] : [],
    nodeOptions: profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profile],
    path: '/feed',
    subscribe: feedRequest([benchTopic]),
  });
}

/** Fan-out as everybody writes it first. */
export function startSendLoop(children: ChildProcesses): Promise<NodeTarget> {
  return NodeTarget.start(children, 'ws.send loop', {
    script: 'send-loop',
    path: '/',
    subscribe: feedRequest([]),
  });
}

/** A request of `/feed`; `{n}` for its id is filled in by each client. */
export function feedRequest(topics: readonly string[], from?: string): string {
  const params = { topics, ...(from === undefined ? {} : { from }) };
  return `{"jsonrpc":"2.0","id":{n},"method":"feed_subscribe","params":${JSON.stringify(params)}}`;
}
