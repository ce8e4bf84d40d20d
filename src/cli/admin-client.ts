import { systemClock } from '../clock/system-clock.ts';
import { TrunklineError } from '../errors/trunkline-error.ts';
import { AdminTokenFile } from '../gateway/admin-token.ts';
import { cliErrors } from './errors.ts';

export interface AdminClientOptions {
  readonly host: string;
  readonly port: number;
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
}

/** Every action answers at once; healing a provider waits for its port at most. */
const timeoutMs = 10_000;

/** Talks to the admin API of a running Trunkline. */
export class AdminClient {
  readonly #base: string;
  readonly #token: string | undefined;
  readonly #port: number;

  constructor({ host, port, env = process.env }: AdminClientOptions) {
    this.#port = port;
    this.#base = `http://${host.includes(':') ? `[${host}]` : host}:${port}/admin/`;
    this.#token = env.TRUNKLINE_ADMIN_TOKEN || new AdminTokenFile(port, env).read();
  }

  /** @throws TrunklineError `trunkline_unreachable`, `admin_token_missing`, `admin_refused` */
  async call<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
    const controller = new AbortController();
    const timer = systemClock.setTimeout(() => controller.abort(), timeoutMs);
    let status: number;
    let text: string;
    try {
      const response = await fetch(this.#base + path, {
        method,
        headers: { authorization: `Bearer ${this.#token ?? ''}`, 'content-type': 'application/json' },
        signal: controller.signal,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      status = response.status;
      text = await response.text();
    } catch (cause) {
      throw this.#unreachable('no Trunkline answers', cause);
    } finally {
      systemClock.clearTimeout(timer);
    }
    const answer = readAnswer(text);
    if (status === 401) {
      throw new TrunklineError(
        cliErrors,
        'admin_token_missing',
        'the admin token is missing or wrong; set TRUNKLINE_ADMIN_TOKEN to the one in its config',
      );
    }
    if (answer === undefined) throw this.#unreachable('something that is no Trunkline answers');
    if (status < 200 || status > 299)
      throw new TrunklineError(cliErrors, 'admin_refused', answer.error?.message ?? `HTTP ${status}`);
    return answer as T;
  }

  #unreachable(what: string, cause?: unknown): TrunklineError {
    return new TrunklineError(
      cliErrors,
      'trunkline_unreachable',
      `${what} on port ${this.#port}; start one with \`npm start\`, or name its port with --port`,
      { cause },
    );
  }
}

/** Every answer of the admin API is a JSON object. */
function readAnswer(text: string): { readonly error?: { readonly message?: string } } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
