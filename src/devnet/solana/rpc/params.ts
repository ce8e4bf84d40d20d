import { decode } from '../../../chains/solana/base58.ts';
import { type Commitment, commitments } from '../../../chains/solana/commitment.ts';
import type { BankView } from './bank-view.ts';
import { invalidParams, RpcError } from './rpc-error.ts';

/** The configuration object that most methods take last. */
export type Config = Readonly<Record<string, unknown>>;

/** What a method works on. */
export interface RpcContext {
  readonly view: BankView;
}

export type RpcMethod = (context: RpcContext, params: readonly unknown[]) => unknown;

/** Returns the configuration at a place; empty when there is none. */
export function configAt(params: readonly unknown[], at: number): Config {
  const value = params[at] ?? {};
  if (typeof value !== 'object' || Array.isArray(value))
    throw invalidParams(`Invalid params: invalid type: ${kindOf(value)}, expected a configuration object.`);
  return value as Config;
}

/** Returns a commitment, `finalized` without one; a method of history takes none below `confirmed`. */
export function commitmentOf(
  value: unknown,
  lowest: Commitment = 'processed',
  fallback: Commitment = 'finalized',
): Commitment {
  if (value === undefined || value === null) return fallback;
  const known = commitments.find(each => each === value);
  if (known === undefined)
    throw invalidParams(
      `Invalid params: unknown variant \`${String(value)}\`, expected one of \`processed\`, \`confirmed\`, \`finalized\`.`,
    );
  if (lowest === 'confirmed' && known === 'processed')
    throw invalidParams('Method does not support commitment below `confirmed`');
  return known;
}

/** The commitment of a configuration, once its `minContextSlot` is reached. */
export function settledCommitment(
  { view }: RpcContext,
  config: Config,
  lowest: Commitment = 'processed',
  name = 'commitment',
): Commitment {
  const commitment = commitmentOf(config[name], lowest);
  const minimum = config.minContextSlot ?? undefined;
  if (minimum === undefined) return commitment;
  const slot = view.slotAt(commitment);
  if (slot < integerOf(minimum, 'minContextSlot'))
    throw new RpcError(-32016, 'Minimum context slot has not been reached', { contextSlot: slot });
  return commitment;
}

/** A result with the slot that it is of. */
export function withContext(context: RpcContext, commitment: Commitment, value: unknown): unknown {
  return { context: { slot: context.view.slotAt(commitment), apiVersion }, value };
}

/** What `getVersion` says besides the chain's own name. */
export const apiVersion = '2.3.0';

/** Returns a key as it was written, checked. */
export function pubkeyOf(value: unknown): string {
  const text = textOf(value);
  const bytes = text.length > 64 ? undefined : decode(text);
  if (bytes === undefined) throw invalidParams('Invalid param: Invalid');
  if (bytes.length !== 32) throw invalidParams('Invalid param: WrongSize');
  return text;
}

/** Returns the 64 bytes of a signature. */
export function signatureOf(value: unknown): Uint8Array {
  const text = textOf(value);
  const bytes = text.length > 128 ? undefined : decode(text);
  if (bytes === undefined) throw invalidParams('Invalid param: Invalid');
  if (bytes.length !== 64) throw invalidParams('Invalid param: WrongSize');
  return bytes;
}

export function textOf(value: unknown): string {
  if (value === undefined) throw invalidParams('`params` should have at least 1 argument(s)');
  if (typeof value === 'string') return value;
  throw invalidParams(`Invalid params: invalid type: ${kindOf(value)}, expected a string.`);
}

/** Returns a whole number that is not negative. */
export function integerOf(value: unknown, what: string): number {
  if (value === undefined) throw invalidParams('`params` should have at least 1 argument(s)');
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw invalidParams(`Invalid params: invalid value for ${what}: ${kindOf(value)}, expected u64.`);
}

export function listOf(value: unknown, limit: number): readonly unknown[] {
  if (!Array.isArray(value))
    throw invalidParams(`Invalid params: invalid type: ${kindOf(value)}, expected a sequence.`);
  if (value.length > limit) throw invalidParams(`Too many inputs provided; max ${limit}`);
  return value;
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'sequence' : typeof value;
}
