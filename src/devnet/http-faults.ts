import { STATUS_CODES } from 'node:http';
import type { FaultTransport } from './fault-set.ts';
import { type HttpAnswer, httpAnswer } from './http-answer.ts';
import type { ProviderContext } from './provider-context.ts';

/** The text of a rate-limit error. */
export const rateLimitMessage = 'too many requests: rate limit exceeded';

/** What `echo-url` says of a request. */
export function echoedUrl(context: ProviderContext): string {
  return `failed to handle request to ${context.url()}: internal error`;
}

/**
 * Returns the HTTP answer with which a fault refuses a request or a WebSocket handshake, or undefined when none
 * does. Errors within JSON-RPC are `RpcFaults`'s.
 */
export function refusal(
  context: ProviderContext,
  transport: FaultTransport,
  methods: readonly string[],
): HttpAnswer | undefined {
  const { faults } = context;
  if (faults.get('redirect') !== undefined) {
    const redirect = faults.take('redirect', transport, methods);
    if (redirect !== undefined)
      return httpAnswer(statusLine(redirect.status), 'text/plain', '', `location: ${redirect.location}\r\n`);
  }
  const limitStyle = faults.get('rate-limit')?.style;
  if (limitStyle === 'http' || limitStyle === 'html') {
    const limit = faults.take('rate-limit', transport, methods);
    if (limit !== undefined) {
      const [type, body] =
        limitStyle === 'html' ? ['text/html', htmlPage] : ['text/plain', 'Too Many Requests'];
      return httpAnswer(statusLine(429), type, body, `retry-after: ${limit.retry_after}\r\n`);
    }
  }
  if (faults.get('error')?.style === 'http') {
    const error = faults.take('error', transport, methods);
    if (error !== undefined) return httpAnswer(statusLine(error.status), 'text/plain', error.message);
  }
  if (faults.get('echo-url')?.style === 'http') {
    const echo = faults.take('echo-url', transport, methods);
    if (echo !== undefined) return httpAnswer(statusLine(500), 'text/plain', echoedUrl(context));
  }
  return undefined;
}

const htmlPage =
  '<!DOCTYPE html><html><head><title>429 Too Many Requests</title></head><body><h1>Too Many Requests</h1></body></html>';

function statusLine(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? 'Status'}`;
}
