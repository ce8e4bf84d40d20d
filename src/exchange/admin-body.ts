import { TrunklineError } from '../errors/trunkline-error.ts';
import { exchangeErrors } from './errors.ts';

/** The body of an admin request, whose fields are not looked at yet. */
export type Body = Readonly<Record<string, unknown>>;

/** @throws TrunklineError `admin_request_invalid` */
export function asBody(input: unknown): Body {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw invalid('the body is a JSON object');
  return input as Body;
}

/** A field that is a text; a number counts as its digits. @throws TrunklineError `admin_request_invalid` */
export function text(body: Body, key: string): string {
  const value = body[key];
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw invalid(`"${key}" is missing or no text`);
}

/** What a whole number may be. */
export interface IntegerRange {
  readonly min: number;
  readonly max: number;
  /** Taken where the field is not there; without it, it has to be. */
  readonly fallback?: number;
}

/** A field that is a whole number, perhaps written as text. @throws TrunklineError `admin_request_invalid` */
export function integer(body: Body, key: string, { min, max, fallback }: IntegerRange): number {
  const value = body[key] ?? fallback;
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < min || number > max)
    throw invalid(`"${key}" is a whole number from ${min} to ${max}`);
  return number;
}

/** A field that is true or false, or not there. @throws TrunklineError `admin_request_invalid` */
export function flag(body: Body, key: string): boolean {
  const value = body[key] ?? false;
  if (typeof value !== 'boolean') throw invalid(`"${key}" is true or false`);
  return value;
}

/** A request that makes no sense. */
export function invalid(message: string): TrunklineError {
  return new TrunklineError(exchangeErrors, 'admin_request_invalid', message);
}
