/** What the code of an error means and how the rest of the house treats it; the source of docs/errors.md. */
export interface ErrorDefinition {
  /** One sentence for a person: what went wrong and, where there is one, what to do. */
  readonly sentence: string;
  /** Whether the same request may succeed elsewhere or later. @default false */
  readonly retryable?: boolean;
  /** Whether a circuit breaker counts it as a failure of its provider. @default false */
  readonly penalizesBreaker?: boolean;
}

/** A domain's catalogue: code → definition. Declare it beside the feature with `satisfies ErrorCatalogue`. */
export type ErrorCatalogue = Readonly<Record<string, ErrorDefinition>>;

export interface TrunklineErrorOptions {
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** The one base class of errors: branch on `code`, never on `message`. */
export class TrunklineError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryable: boolean;
  readonly penalizesBreaker: boolean;

  constructor(
    catalogue: Readonly<Record<Code, ErrorDefinition>>,
    code: Code,
    message: string,
    options: TrunklineErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TrunklineError';
    this.code = code;
    this.details = options.details ?? {};
    this.retryable = catalogue[code].retryable ?? false;
    this.penalizesBreaker = catalogue[code].penalizesBreaker ?? false;
  }
}
