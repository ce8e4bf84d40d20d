import { type PlainChildSpec, serverChild } from '../../otp/child-spec.ts';
import type { GenServer } from '../../otp/gen-server.ts';
import { processName } from '../../otp/process-name.ts';
import type { MissingRange } from '../slots/slot-ledger.ts';
import { purposeField, type UpdateSource } from '../source.ts';

/** What a backfill process works on. */
export interface BackfillWork {
  /** What has to be fetched now. */
  readonly next: () => MissingRange | undefined;
  /** Fetches it; rejects when the signal is aborted. */
  readonly run: (range: MissingRange, signal: AbortSignal) => Promise<void>;
  /** Has `wake` called when there may be work; the newest one counts. */
  readonly onWake: (wake: () => void) => void;
}

interface BackfillState {
  isBusy: boolean;
}

type BackfillCast =
  | { readonly type: 'look' }
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly error: unknown };

/**
 * The process that fetches what a source's streams did not bring, one range after the other.
 * Takes `look`, `done` and `failed`. A restart begins the range anew: what was told of it is not told again.
 */
const backfillServer: GenServer<BackfillWork, BackfillState & { work: BackfillWork }, never, BackfillCast> = {
  label: 'source_backfill',

  init(self, work) {
    work.onWake(() => self.cast(self.pid, { type: 'look' }));
    self.cast(self.pid, { type: 'look' });
    return { work, isBusy: false };
  },

  handleCast(cast, state, self) {
    if (cast.type === 'failed') throw cast.error;
    if (cast.type === 'done') state.isBusy = false;
    if (state.isBusy) return;
    const range = state.work.next();
    if (range === undefined) return;
    state.isBusy = true;
    state.work.run(range, self.signal).then(
      () => self.cast(self.pid, { type: 'done' }),
      error => {
        if (!self.signal.aborted) self.cast(self.pid, { type: 'failed', error });
      },
    );
  },
};

/** The specification of a source's backfill process. */
export function sourceBackfillChild(source: UpdateSource, work: BackfillWork): PlainChildSpec {
  const { chain, name, commitment } = source;
  return serverChild({
    id: 'source_backfill',
    server: backfillServer,
    args: work,
    name: processName<never, BackfillCast>({
      type: 'source_backfill',
      chain,
      source: name,
      commitment,
      ...purposeField(source),
    }),
    about: 'Fetches what the streams did not bring, range by range, before the checkpoint passes it.',
  });
}
