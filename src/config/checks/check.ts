import type { Finding } from '../diagnostic.ts';
import type { Config } from '../sections/root.ts';

/** What a check sees: the whole config, with settings that are in error replaced by their defaults. */
export interface CheckInput {
  readonly config: Config;
  /** What has an incomplete address because of an unset variable, as `chain/providers/0` and `chain/geyser/0`. */
  readonly incomplete: ReadonlySet<string>;
  /** Whether the file names any chain, valid or not. */
  readonly namesChain: boolean;
  /** Whether NODE_ENV says that this is production. */
  readonly isProduction: boolean;
}

/** Looks across settings that are each valid by themselves. */
export type Check = (input: CheckInput) => Finding[];
