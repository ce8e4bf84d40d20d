import type { IncomingMessage, ServerResponse } from 'node:http';
import { TrunklineError } from '../errors/trunkline-error.ts';
import { secretCheck } from '../security/secret-check.ts';
import type { Log } from '../telemetry/log.ts';
import { gatewayErrors } from './errors.ts';
import { collectBody } from './http/request-body.ts';
import { sendJson } from './status-routes.ts';

/** One thing that an operator can ask for under `/admin/`. */
export interface AdminAction {
  readonly method: 'GET' | 'POST';
  /** The path behind `/admin/`. */
  readonly path: string;
  /** Returns what is answered as JSON. @throws TrunklineError, answered with 400, its code and message */
  run(body: unknown): unknown | Promise<unknown>;
}

const maxBodyBytes = 65_536;

/** The admin API: a table of actions behind a bearer token that is compared in constant time. */
export class AdminRoutes {
  readonly #isToken: (given: Uint8Array) => boolean;
  readonly #actions: ReadonlyMap<string, AdminAction>;
  readonly #log: Log;

  constructor(token: string, actions: readonly AdminAction[], { log }: { readonly log: Log }) {
    this.#log = log;
    this.#isToken = secretCheck(token);
    this.#actions = new Map(actions.map(action => [`${action.method} ${action.path}`, action]));
  }

  /** @param path the path behind `/admin/` */
  handle(request: IncomingMessage, response: ServerResponse, path: string): void {
    if (!this.#isAuthorized(request.headers.authorization)) {
      response.setHeader('www-authenticate', 'Bearer');
      sendJson(response, 401, {
        error: { code: 'admin_unauthorized', message: 'send Authorization: Bearer <admin token>' },
      });
      return;
    }
    const action = this.#actions.get(`${request.method} ${path}`);
    if (action === undefined) {
      sendJson(response, 404, {
        error: { code: 'not_found', message: `actions: ${[...this.#actions.keys()].join(', ')}` },
      });
      return;
    }
    collectBody(request, maxBodyBytes, body => {
      if (typeof body === 'string') {
        sendJson(response, 413, {
          error: { code: body, message: 'the body is too large or does not decode' },
        });
        return;
      }
      void this.#answer(action, body, response);
    });
  }

  async #answer(action: AdminAction, body: Buffer, response: ServerResponse): Promise<void> {
    let status = 200;
    let output: unknown;
    try {
      output = (await action.run(parse(body))) ?? { ok: true };
    } catch (error) {
      const isExpected = error instanceof TrunklineError;
      if (!isExpected) this.#log.error('an admin action failed', { action: action.path, error });
      status = isExpected ? 400 : 500;
      output = {
        error: isExpected
          ? { code: error.code, message: error.message }
          : { code: 'internal_error', message: 'a bug in Trunkline; its log says more' },
      };
    }
    sendJson(response, status, output);
  }

  #isAuthorized(header: string | undefined): boolean {
    const token = header?.startsWith('Bearer ') ? header.slice('Bearer '.length) : '';
    return this.#isToken(Buffer.from(token));
  }
}

/** @throws TrunklineError `invalid_json` */
function parse(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString());
  } catch (cause) {
    throw new TrunklineError(gatewayErrors, 'invalid_json', 'the body is not JSON', { cause });
  }
}
