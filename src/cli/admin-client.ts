import { systemClock } from '../clock/system-clock.ts';
import { TrunklineError } from '../errors/trunkline-error.ts';
import { AdminTokenFile } from '../gateway/admin-token.ts';
import { cliErrors } from './errors.ts';

export interface AdminClientOptions {
  readonly host: string;
  readonly port: number;
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** Milliseconds that an answer may take. @default 10000 */
  readonly timeoutMs?: number;
}

/** Every action answers at once; healing a provider waits for its port at most. */
const defaultTimeoutMs = 10_000;

/** Talks to the admin API of a running Trunkline. */
export class AdminClient {
  readonly #base: string;
  readonly #token: string | undefined;
  readonly #address: string;
  readonly #timeoutMs: number;

  constructor({ host, port, env = process.env, timeoutMs = defaultTimeoutMs }: AdminClientOptions) {
    this.#address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    this.#timeoutMs = timeoutMs;
    this.#base = `http://${this.#address}/admin/`;
    this.#token = env.TRUNKLINE_ADMIN_TOKEN || new AdminTokenFile(port, env).read();
  }

  /** @throws TrunklineError `trunkline_unreachable`, `admin_token_missing`, `admin_refused` */
  async call<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
    const controller = new AbortController();
    const timer = systemClock.setTimeout(() => controller.abort(), this.#timeoutMs);
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
      const why = controller.signal.aborted
        ? `no answer within ${this.#timeoutMs / 1_000} s`
        : describeFailure(cause);
      throw this.#unreachable('no Trunkline answers', cause, ` (${why})`);
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

  #unreachable(what: string, cause?: unknown, why = ''): TrunklineError {
    return new TrunklineError(
      cliErrors,
      'trunkline_unreachable',
      `${what} on ${this.#address}${why}; start one with \`npm start\`, or name its port with --port`,
      { cause },
    );
  }
}

/** What fetch says is only that it failed. */
function describeFailure(error: unknown): string {
  const { cause } = error as { cause?: NodeJS.ErrnoException };
  if (cause?.code === 'ECONNREFUSED') return 'connection refused';
  return cause?.code ?? cause?.message ?? String(error);
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
