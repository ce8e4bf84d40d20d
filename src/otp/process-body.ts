import type { ExitReason } from './exit-reason.ts';
import type { Envelope } from './messages.ts';

/** How `init` ended: `undefined` when the process runs now. `info` goes to whoever starts the process. */
export type InitOutcome =
  | undefined
  | { readonly kind: 'info'; readonly info: unknown }
  | { readonly kind: 'ignore' }
  | { readonly kind: 'stop'; readonly reason: ExitReason };

/** What runs inside a process: a gen-server, a gen-statem, a supervisor. A throw anywhere in it ends the process. */
export interface ProcessBody {
  /** The process of a supervisor's child appears as a branch in the tree. */
  readonly type: 'worker' | 'supervisor';
  /** Whether `terminate` has anything to do: if not, an exit signal ends the process at once, amid a handler. */
  readonly hasTerminate: boolean;
  /** Whether an exit signal from the parent goes before the messages that wait, although the process traps exits. */
  readonly putsParentExitFirst: boolean;
  init(): InitOutcome | Promise<InitOutcome>;
  handle(envelope: Envelope): void | Promise<void>;
  terminate(reason: ExitReason): void | Promise<void>;
  state(): unknown;
  replaceState(replace: (state: unknown) => unknown): void;
  /** What the live tree and `sys.getStatus` show as state. */
  describe(): unknown;
}
