import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * The token with which the command line of the same user reaches the admin API of the Trunkline on a port.
 * It lies in a file that only the user can read, so that local administration needs no set-up.
 */
export class AdminTokenFile {
  readonly path: string;

  constructor(port: number, env: NodeJS.ProcessEnv = process.env) {
    const folder = env.XDG_RUNTIME_DIR
      ? join(env.XDG_RUNTIME_DIR, 'trunkline')
      : join(tmpdir(), `trunkline-${userInfo().uid}`);
    this.path = join(folder, `admin-${port}.token`);
  }

  /** Undefined when no Trunkline of this user wrote one. */
  read(): string | undefined {
    try {
      return readFileSync(this.path, 'utf8').trim();
    } catch {
      return undefined;
    }
  }

  /** @throws Error when the folder cannot be made, or belongs to or can be changed by somebody else */
  write(token: string): void {
    const folder = dirname(this.path);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = lstatSync(folder);
    // Anybody can make a folder of that name under /tmp first.
    if (process.getuid !== undefined && (uid !== process.getuid() || (mode & 0o022) !== 0))
      throw new Error(`${folder} can be changed by other users`);
    this.remove();
    writeFileSync(this.path, `${token}\n`, { mode: 0o600, flag: 'wx' });
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }
}

/** A fresh token of 256 bits. */
export function newAdminToken(): string {
  return randomBytes(32).toString('base64url');
}
