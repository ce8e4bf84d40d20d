import { TrunklineError } from '../../errors/trunkline-error.ts';
import { boundsOf, type FeedService } from './feed-service.ts';

/** Why the feed refuses something, in the words of both of its protocols. */
export interface FeedRefusal {
  readonly jsonRpcCode: number;
  readonly httpStatus: number;
  readonly isRetryable: boolean;
  readonly message: string;
  /** The stable code, and between what the history extends. */
  readonly data: Readonly<Record<string, unknown>>;
}

interface Answer {
  readonly jsonRpcCode: number;
  readonly httpStatus: number;
}

const badRequest: Answer = { jsonRpcCode: -32602, httpStatus: 400 };
const expired: Answer = { jsonRpcCode: -32011, httpStatus: 410 };
const unavailable: Answer = { jsonRpcCode: -32603, httpStatus: 503 };
const limited: Answer = { jsonRpcCode: -32005, httpStatus: 503 };

const answers: Readonly<Record<string, Answer>> = {
  topic_invalid: badRequest,
  too_many_topics: badRequest,
  cursor_malformed: badRequest,
  feed_request_invalid: badRequest,
  subscription_not_found: badRequest,
  feed_method_unknown: { jsonRpcCode: -32601, httpStatus: 404 },
  cursor_epoch: { jsonRpcCode: -32010, httpStatus: 410 },
  cursor_expired: expired,
  events_expired: expired,
  cursor_future: { jsonRpcCode: -32012, httpStatus: 409 },
  block_unknown: { jsonRpcCode: -32013, httpStatus: 404 },
  topic_unavailable: limited,
  subscription_limit: limited,
  feed_full: limited,
  shutting_down: limited,
  feed_unavailable: unavailable,
  event_log_full: unavailable,
};

/** How `error` is answered; undefined: it is a bug. */
export function feedRefusal(error: unknown, service: FeedService | undefined): FeedRefusal | undefined {
  if (!(error instanceof TrunklineError)) return undefined;
  const answer = answers[error.code] ?? (error.retryable ? unavailable : undefined);
  if (answer === undefined) return undefined;
  return {
    ...answer,
    isRetryable: error.retryable,
    message: error.message,
    data: { code: error.code, ...error.details, ...boundsOf(service) },
  };
}
