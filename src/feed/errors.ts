import type { ErrorCatalogue } from '../errors/trunkline-error.ts';

/** Errors of the event feed; a client of `/feed` meets the code in `data.code`. */
export const feedErrors = {
  topic_invalid: {
    sentence:
      'A topic is not a subject or pattern that the feed knows; the message names it and says what is allowed in its place.',
  },
  too_many_topics: {
    sentence:
      'A subscription takes at most 64 topics; use wildcards (`*`, `>`) or several subscriptions on one connection.',
  },
  topic_unavailable: {
    sentence:
      'A topic names what cannot be gathered now: a Solana chain gathers 500 programs and accounts that clients follow, and writes to accounts only from a gRPC stream.',
    retryable: true,
  },
  cursor_malformed: {
    sentence:
      'The cursor is not one that the feed gave out: those are `<epoch>:<offset>`, kept as they came.',
  },
  cursor_epoch: {
    sentence:
      'The cursor is of a history that was lost or reset since. Start from `earliest` or `latest`, or pass `"gaps": "announce"` to be told and go on.',
  },
  cursor_expired: {
    sentence:
      'Events behind the cursor are older than what is kept (`feed.retention`). Start from `earliest`, or pass `"gaps": "announce"` to be told and go on.',
  },
  cursor_future: {
    sentence:
      'The cursor is ahead of the last event: it is of another Trunkline, or the history was restored from a backup. Start from `latest`, or pass `"gaps": "announce"`.',
  },
  block_unknown: {
    sentence:
      'The block to start from is not in the history: too old, not there yet, or of a chain that is not followed, or that has slots in place of blocks (Solana). Start from `earliest`, `latest` or a cursor.',
  },
  events_expired: { sentence: 'The events asked for are older than what is kept.' },
  event_log_full: {
    sentence:
      'Events wait to be stored and their backlog is at its bound; whoever produces them has to wait until the store catches up.',
    retryable: true,
  },
  feed_unavailable: {
    sentence:
      'The feed is starting or stopping, or its history cannot be read at the moment; try again shortly.',
    retryable: true,
  },
  feed_full: {
    sentence: 'Trunkline holds as many subscriptions as it may; end some, or try again later.',
    retryable: true,
  },
} as const satisfies ErrorCatalogue;

/** A stable code of the feed's errors. */
export type FeedErrorCode = keyof typeof feedErrors;
