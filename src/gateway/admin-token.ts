import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/**
 * The token with which the command line of the same user reaches the admin API of the Trunkline on a port.
 * It lies in a file that only the user can read, so that local administration needs no set-up.
 */
export class AdminTokenFile {
  readonly path: string;

  constructor(port: number, env: NodeJS.ProcessEnv = process.env) {
    const base = env.XDG_RUNTIME_DIR ?? join(tmpdir(), `trunkline-${userInfo().uid}`);
    this.path = join(base, 'trunkline', `admin-${port}.token`);
  }

  /** Undefined when no Trunkline of this user wrote one. */
  read(): string | undefined {
    try {
      return readFileSync(this.path, 'utf8').trim();
    } catch {
      return undefined;
    }
  }

  write(token: string): void {
    mkdirSync(join(this.path, '..'), { recursive: true, mode: 0o700 });
    writeFileSync(this.path, `${token}\n`, { mode: 0o600 });
    chmodSync(this.path, 0o600);
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }
}

/** A fresh token of 256 bits. */
export function newAdminToken(): string {
  return randomBytes(32).toString('base64url');
}
