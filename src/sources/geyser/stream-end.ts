/** Why a stream ended; also the label in metrics. */
export type StreamEndReason =
  | 'unreachable'
  | 'tls_failed'
  | 'refused'
  | 'exhausted'
  | 'too_large'
  | 'lagged'
  | 'internal'
  | 'expired'
  | 'no_replay'
  | 'bad_request'
  | 'garbage'
  | 'implausible'
  | 'contradictory'
  | 'stalled'
  | 'silent'
  | 'closed'
  | 'stopped';

/** How a stream ended, in words of our own: what a server says may hold its address or our token. */
export interface StreamEnd {
  readonly reason: StreamEndReason;
  /** For people. */
  readonly message: string;
  /** Of `expired`: the oldest slot that the server said it has; undefined: it did not say. */
  readonly available?: number | undefined;
}

/** What each end means, in a sentence. */
const endSentences: Readonly<Record<StreamEndReason, string>> = {
  unreachable: 'the endpoint cannot be reached, or the connection broke',
  tls_failed: 'the TLS handshake failed, or the certificate is not valid for the name of the endpoint',
  refused: 'the endpoint refuses the token',
  exhausted: 'the endpoint has too many streams, or limits us',
  too_large: 'a message is larger than geyser.max_message_bytes',
  lagged: 'the endpoint ended the stream because it was read too slowly',
  internal: 'the endpoint failed',
  expired: 'the endpoint does not go back so far',
  no_replay: 'the endpoint cannot replay',
  bad_request: 'the endpoint does not accept the filters',
  garbage: 'the endpoint sent something that is no message of its protocol',
  implausible: 'the endpoint tells of slots that the chain is far from',
  contradictory: 'what the endpoint tells of slots does not fit the chain',
  stalled: 'the stream told nothing while the chain went on',
  silent: 'the stream was silent, pings included',
  closed: 'the endpoint ended the stream',
  stopped: 'the stream was ended here',
};

/** The end that a reason stands for. */
export function streamEnd(reason: StreamEndReason, available?: number): StreamEnd {
  const message = endSentences[reason];
  return available === undefined ? { reason, message } : { reason, message, available };
}

/** Numbers of https://grpc.github.io/grpc/core/md_doc_statuscodes.html, as far as they are told apart. */
const byStatus: ReadonlyMap<number, StreamEndReason> = new Map([
  [0, 'closed'],
  [3, 'bad_request'],
  [7, 'refused'],
  [8, 'exhausted'],
  [11, 'expired'],
  [12, 'no_replay'],
  [13, 'internal'],
  [16, 'refused'],
]);

/** Reads the status with which a server, or the library in its name, ended a stream. */
export function endOfStatus(code: number, details: string): StreamEnd {
  const reason = byStatus.get(code) ?? (isOfTls(details) ? 'tls_failed' : 'unreachable');
  if (reason === 'expired') return streamEnd('expired', lastAvailable(details));
  if (reason === 'exhausted' && /larger than max|message larger/i.test(details))
    return streamEnd('too_large');
  if (reason === 'internal' && /lagged/i.test(details)) return streamEnd('lagged');
  if (/from_slot|from slot|replay/i.test(details) && (reason === 'internal' || reason === 'bad_request')) {
    return streamEnd('no_replay');
  }
  return streamEnd(reason);
}

/** What Node and OpenSSL say of a handshake that failed. */
function isOfTls(details: string): boolean {
  return /certificate|\bTLS\b|\bSSL\b|altnames/i.test(details);
}

function lastAvailable(details: string): number | undefined {
  const text = /last available: (\d{1,15})/.exec(details)?.[1];
  return text === undefined ? undefined : Number(text);
}
