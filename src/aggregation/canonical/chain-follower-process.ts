import { type PlainChildSpec, serverChild } from '../../otp/child-spec.ts';
import type { GenServer } from '../../otp/gen-server.ts';
import { type ProcessName, processName } from '../../otp/process-name.ts';
import type { Request } from '../../otp/request.ts';
import { reply } from '../../otp/results.ts';
import type { ChainFollower, ChainFollowerDeps, ChainFollowerStats } from './chain-follower.ts';

/** What the process is asked. */
export type ChainFollowerCall = { readonly type: 'stats' } & Request<ChainFollowerStats>;

/** From the follower itself: it cannot go on. */
export type ChainFollowerCast = { readonly type: 'failed'; readonly error: unknown };

/** What the process is started with. */
export interface ChainFollowerArgs {
  /** The chain's name. */
  readonly chain: string;
  /** Makes the follower of one life of the process. */
  readonly createFollower: (deps: Pick<ChainFollowerDeps, 'onFailed'>) => ChainFollower;
  /** Hears which follower takes heads now; undefined: none. */
  readonly onFollower: (follower: ChainFollower | undefined) => void;
}

/** The name of a chain's follower process. */
export const chainFollowerName = (chain: string): ProcessName<ChainFollowerCall, ChainFollowerCast> =>
  processName<ChainFollowerCall, ChainFollowerCast>({ type: 'chain_follower', id: chain });

/**
 * The process that follows a chain.
 *
 * Takes: `stats`. Owns: a `ChainFollower`. A restart loses the tree of recent blocks and the providers' votes; the next
 * one goes on where the sink's record ends, and fetches what was announced meanwhile: nothing is lost or repeated.
 */
const chainFollowerServer: GenServer<ChainFollowerArgs, ChainFollower, ChainFollowerCall, ChainFollowerCast> =
  {
    label: 'chain_follower',
    async init(self, { createFollower, onFollower }) {
      const follower = createFollower({
        onFailed: error => self.cast(self.pid, { type: 'failed', error }),
      });
      // Not `terminate`: that does not run when the process is killed.
      self.system.watch(self.pid, () => {
        follower.stop();
        onFollower(undefined);
      });
      await follower.open();
      if (!self.signal.aborted) onFollower(follower);
      return follower;
    },
    handleCall: (_call, _from, follower) => reply(follower.stats()),
    handleCast({ error }) {
      throw error;
    },
    formatStatus: follower => follower.stats(),
  };

/** The specification of a chain's follower process. */
export function chainFollowerChild(args: ChainFollowerArgs): PlainChildSpec {
  return serverChild({
    id: 'chain_follower',
    server: chainFollowerServer,
    args,
    name: chainFollowerName(args.chain),
    about:
      'Follows the canonical chain: fills gaps, chooses between branches, hands over blocks with their logs.',
  });
}
