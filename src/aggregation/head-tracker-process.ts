import { type PlainChildSpec, serverChild } from '../otp/child-spec.ts';
import type { GenServer } from '../otp/gen-server.ts';
import { type ProcessName, processName } from '../otp/process-name.ts';
import type { Request } from '../otp/request.ts';
import { reply } from '../otp/results.ts';
import type { HeadSnapshot, HeadTracker } from './head-tracker.ts';

/** What the process is asked. */
export type HeadTrackerCall = { readonly type: 'snapshot' } & Request<HeadSnapshot>;

/** What the process is started with. */
export interface HeadTrackerArgs {
  /** The chain's name. */
  readonly chain: string;
  /** The chain's tracker; it outlives the process. */
  readonly heads: HeadTracker;
}

/** The name of a chain's head tracker process. */
export const headTrackerName = (chain: string): ProcessName<HeadTrackerCall> =>
  processName<HeadTrackerCall>({ type: 'head_tracker', id: chain });

/**
 * The process that answers for a chain's head.
 *
 * Takes: `snapshot`. Owns: nothing that dies with it. The `HeadTracker` stays when the process restarts, because
 * its floor is a promise to clients: an answered `latest` never goes back. A restart therefore loses nothing.
 */
const headTrackerServer: GenServer<HeadTrackerArgs, HeadTracker, HeadTrackerCall> = {
  label: 'head_tracker',
  init: (_self, { heads }) => heads,
  handleCall: (_call, _from, heads) => reply(heads.snapshot()),
  formatStatus: heads => {
    const { best, floor } = heads.snapshot();
    return { best, floor };
  },
};

/** The specification of a chain's head tracker process. */
export function headTrackerChild(args: HeadTrackerArgs): PlainChildSpec {
  return serverChild({
    id: 'head_tracker',
    server: headTrackerServer,
    args,
    name: headTrackerName(args.chain),
    about: 'Answers for the head of the chain: the best one, the floor, how far each provider is behind.',
  });
}
