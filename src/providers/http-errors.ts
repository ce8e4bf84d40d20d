import { errors } from 'undici';
import type { ProviderErrorCode } from './errors.ts';

const codes: Readonly<Record<string, ProviderErrorCode>> = {
  UND_ERR_CONNECT_TIMEOUT: 'connect_timeout',
  ETIMEDOUT: 'connect_timeout',
  ECONNREFUSED: 'connection_refused',
  EHOSTUNREACH: 'connection_refused',
  ENETUNREACH: 'connection_refused',
  EADDRNOTAVAIL: 'connection_refused',
  ENOTFOUND: 'dns_failed',
  EAI_AGAIN: 'dns_failed',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'response_too_large',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'body_cut',
  UND_ERR_HEADERS_OVERFLOW: 'bad_http',
  UND_ERR_DESTROYED: 'provider_stopped',
  UND_ERR_CLOSED: 'provider_stopped',
};

/** OpenSSL's verification results, which Node hands on as codes. https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const tlsCode = /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_CA)/;

/**
 * What an error of undici or of a socket means. Its text is never read: it may hold the provider's address.
 * @param sent A byte of the request may have left.
 * @param hasBegun The head of the response had arrived.
 */
export function errorCodeOf(error: Error, sent: boolean, hasBegun: boolean): ProviderErrorCode {
  const code = codeOf(error);
  const known = codes[code];
  if (known === 'connect_timeout' && sent) return hasBegun ? 'body_cut' : 'connection_lost';
  if (known !== undefined) return known;
  if (error instanceof errors.HTTPParserError) return hasBegun ? 'body_cut' : 'bad_http';
  if (tlsCode.test(code)) return 'tls_failed';
  if (hasBegun) return 'body_cut';
  return sent ? 'connection_lost' : 'connection_refused';
}

function codeOf(error: Error): string {
  if ('code' in error && typeof error.code === 'string') return error.code;
  // Several addresses were tried: the first one's reason stands for all.
  if (error instanceof AggregateError) {
    for (const inner of error.errors) if (inner instanceof Error) return codeOf(inner);
  }
  return '';
}
