import { TrunklineError } from '../errors/trunkline-error.ts';
import { AdminTokenFile } from '../gateway/admin-token.ts';
import { cliErrors } from './errors.ts';

export interface AdminClientOptions {
  readonly host: string;
  readonly port: number;
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
}

/** Talks to the admin API of a running Trunkline. */
export class AdminClient {
  readonly #base: string;
  readonly #token: string | undefined;
  readonly #port: number;

  constructor({ host, port, env = process.env }: AdminClientOptions) {
    this.#port = port;
    this.#base = `http://${host}:${port}/admin/`;
    this.#token = env.TRUNKLINE_ADMIN_TOKEN ?? new AdminTokenFile(port, env).read();
  }

  /** @throws TrunklineError `trunkline_unreachable`, `admin_token_missing`, `admin_refused` */
  async call<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
    let response: Response;
    try {
      response = await fetch(this.#base + path, {
        method,
        headers: { authorization: `Bearer ${this.#token ?? ''}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (cause) {
      throw new TrunklineError(
        cliErrors,
        'trunkline_unreachable',
        `no Trunkline answers on port ${this.#port}; start one with \`npm start\`, or name its port with --port`,
        { cause },
      );
    }
    if (response.status === 401) {
      throw new TrunklineError(
        cliErrors,
        'admin_token_missing',
        'the admin token is missing or wrong; set TRUNKLINE_ADMIN_TOKEN to the one in its config',
      );
    }
    const answer = (await response.json()) as { error?: { message?: string } };
    if (!response.ok) {
      throw new TrunklineError(
        cliErrors,
        'admin_refused',
        answer.error?.message ?? `HTTP ${response.status}`,
      );
    }
    return answer as T;
  }
}
