import type { Provider } from '../../providers/provider.ts';
import type { Cancel } from '../call.ts';

/** One dispatch of a call to one provider. */
export interface Attempt {
  readonly provider: Provider;
  readonly startedAt: number;
  /** Whether it holds a place in the retry budget. */
  readonly isRetry: boolean;
  cancel: Cancel;
}
