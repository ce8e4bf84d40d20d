import { type PlainChildSpec, serverChild } from '../../otp/child-spec.ts';
import type { GenServer } from '../../otp/gen-server.ts';
import { processName } from '../../otp/process-name.ts';
import type { Self } from '../../otp/self.ts';
import type { Gatherer, Reconciled } from './gatherer.ts';

type Cast = { readonly type: 'changed' } | ({ readonly type: 'settled' } & Reconciled);
type Info = { readonly type: 'rested' } | { readonly type: 'try_again' };

interface State {
  readonly gatherer: Gatherer;
  /** It changes something, or rests after that. */
  isBusy: boolean;
  isAsked: boolean;
  isRetryDue: boolean;
}

/** Milliseconds until what could not be started is tried again. */
const retryMs = 5_000;
/** Milliseconds between two times that the stream is opened anew: many that are added share one. */
const restMs = 1_000;

/**
 * Keeps the built-in pipelines of a chain in step with what is followed in the feed. Takes `changed`, `settled`,
 * `rested` and `try_again`, its own. An orderly stop stores how far they are; when it is killed they run on until the next one takes
 * them over. What cannot be started is tried again, and keeps nobody else from starting.
 */
const gathererServer: GenServer<Gatherer, State, never, Cast, Info> = {
  label: 'gatherer',
  init(self, gatherer) {
    self.system.watch(
      self.pid,
      gatherer.onChange(() => self.cast(self.pid, { type: 'changed' })),
    );
    gatherer.open();
    self.cast(self.pid, { type: 'changed' });
    return { gatherer, isBusy: false, isAsked: false, isRetryDue: false };
  },
  handleCast(cast, state, self) {
    if (cast.type === 'settled') {
      if (!cast.isDone && !state.isRetryDue) {
        state.isRetryDue = true;
        self.sendAfter(retryMs, { type: 'try_again' });
      }
      if (cast.isRenewed) self.sendAfter(restMs, { type: 'rested' });
      else state.isBusy = false;
    } else state.isAsked = true;
    reconcile(state, self);
  },
  handleInfo({ type }, state, self) {
    if (type === 'rested') state.isBusy = false;
    else {
      state.isRetryDue = false;
      state.isAsked = true;
    }
    reconcile(state, self);
  },
  terminate: (_reason, { gatherer }) => gatherer.close(),
  formatStatus: ({ gatherer }) => ({ pipelines: gatherer.size }),
};

function reconcile(state: State, self: Self<never, Cast, Info>): void {
  if (state.isBusy || !state.isAsked) return;
  state.isBusy = true;
  state.isAsked = false;
  void state.gatherer.reconcile().then(result => self.cast(self.pid, { type: 'settled', ...result }));
}

/** The specification of the process that gathers what the feed's readers follow. */
export function gathererChild(chain: string, gatherer: Gatherer): PlainChildSpec {
  return serverChild({
    id: 'gatherer',
    server: gathererServer,
    args: gatherer,
    name: processName<never, Cast, Info>({ type: 'gatherer', id: chain }),
    shutdown: 35_000,
    about: 'Gathers what the readers of the feed follow of the chain.',
  });
}
