import { type PlainChildSpec, serverChild } from '../../otp/child-spec.ts';
import type { GenServer } from '../../otp/gen-server.ts';
import { processName } from '../../otp/process-name.ts';
import type { Gatherer } from './gatherer.ts';

type Cast = { readonly type: 'changed' } | { readonly type: 'settled' };

interface State {
  readonly gatherer: Gatherer;
  isBusy: boolean;
  isAsked: boolean;
}

/**
 * Keeps the built-in pipelines of a chain in step with what is followed in the feed. Takes `changed` and `settled`, its own.
 * An orderly stop stores how far they are; when it is killed they run on until the next one takes them over.
 */
const gathererServer: GenServer<Gatherer, State, never, Cast> = {
  label: 'gatherer',
  async init(self, gatherer) {
    self.system.watch(
      self.pid,
      gatherer.onChange(() => self.cast(self.pid, { type: 'changed' })),
    );
    await gatherer.open();
    self.cast(self.pid, { type: 'changed' });
    return { gatherer, isBusy: false, isAsked: false };
  },
  handleCast(cast, state, self) {
    if (cast.type === 'settled') state.isBusy = false;
    else state.isAsked = true;
    if (state.isBusy || !state.isAsked) return;
    state.isBusy = true;
    state.isAsked = false;
    void state.gatherer.reconcile().finally(() => self.cast(self.pid, { type: 'settled' }));
  },
  terminate: (_reason, { gatherer }) => gatherer.close(),
  formatStatus: ({ gatherer }) => ({ subjects: gatherer.size }),
};

/** The specification of the process that gathers what the feed's readers follow. */
export function gathererChild(chain: string, gatherer: Gatherer): PlainChildSpec {
  return serverChild({
    id: 'gatherer',
    server: gathererServer,
    args: gatherer,
    name: processName<never, Cast>({ type: 'gatherer', id: chain }),
    shutdown: 35_000,
    about: 'Gathers what the readers of the feed follow of the chain.',
  });
}
