import { isLoopback } from '../../security/is-loopback.ts';

export interface ListenerGuardOptions {
  /** The address that the listener is bound to. */
  readonly boundHost: string;
  /** Further Host names that are answered; `*` answers to all. */
  readonly allowedHosts: readonly string[];
  /** Origins that may call from a browser; `*` allows any, without credentials. */
  readonly corsOrigins: readonly string[];
  /** Origins that may open a WebSocket from a browser. */
  readonly socketOrigins: readonly string[];
}

/**
 * Refuses what a browser on a hostile page can be made to send: a foreign `Host` on a loopback-bound listener
 * (DNS rebinding) and an `Origin` that is not listed. A client that is no browser sends no Origin and passes.
 */
export class ListenerGuard {
  readonly #options: ListenerGuardOptions;
  readonly #isLoopback: boolean;

  constructor(options: ListenerGuardOptions) {
    this.#options = options;
    this.#isLoopback = isLoopbackHost(options.boundHost);
  }

  isHostAllowed(hostHeader: string | undefined): boolean {
    const { allowedHosts, boundHost } = this.#options;
    if (allowedHosts.includes('*')) return true;
    if (!this.#isLoopback && allowedHosts.length === 0) return true;
    if (hostHeader === undefined) return false;
    const host = hostName(hostHeader);
    return host === boundHost || isLoopbackHost(host) || allowedHosts.includes(host);
  }

  /** Whether a page of `origin` may read answers over HTTP; a page that this listener itself served always may. */
  isCorsAllowed(origin: string, hostHeader: string | undefined): boolean {
    return isListed(origin, this.#options.corsOrigins) || isSameOrigin(origin, hostHeader);
  }

  isSocketOriginAllowed(origin: string, hostHeader: string | undefined): boolean {
    return isListed(origin, this.#options.socketOrigins) || isSameOrigin(origin, hostHeader);
  }

  /** The value of Access-Control-Allow-Origin. Credentials are never allowed, so `*` is safe where it is configured. */
  corsHeader(origin: string): string {
    return this.#options.corsOrigins.includes('*') ? '*' : origin;
  }
}

function isListed(origin: string, list: readonly string[]): boolean {
  return list.includes('*') || list.includes(origin);
}

function isSameOrigin(origin: string, hostHeader: string | undefined): boolean {
  return (
    hostHeader !== undefined && (origin === `http://${hostHeader}` || origin === `https://${hostHeader}`)
  );
}

function hostName(hostHeader: string): string {
  const lower = hostHeader.toLowerCase();
  if (lower.startsWith('[')) return lower.slice(1, lower.indexOf(']'));
  const colon = lower.lastIndexOf(':');
  return colon === -1 ? lower : lower.slice(0, colon);
}

/** Names below `localhost` are this machine's, too: https://www.rfc-editor.org/rfc/rfc6761#section-6.3 */
function isLoopbackHost(host: string): boolean {
  return isLoopback(host) || host.endsWith('.localhost');
}
