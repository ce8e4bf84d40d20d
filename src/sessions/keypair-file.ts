import { constants } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Keypair } from '@solana/web3.js';
import { SessionError } from './errors.ts';

/** Where the file is named: who reads the message has to know what to change. */
const setting = 'sessions.keypair';
/** A key file has less than 300 characters. */
const maxBytes = 4_096;
/** The rights of the group and of everybody else. */
const othersRights = 0o077;

/**
 * Reads a keypair as the Solana CLI writes it.
 *
 * @param options.isMade a file that is missing is made, with a new key, for its owner only
 * @throws SessionError `session_keypair_missing`, `session_keypair_unsafe`, `session_keypair_invalid`; never with the key
 */
export async function loadKeypair(path: string, options: { readonly isMade: boolean }): Promise<Keypair> {
  const file = (await openFile(path)) ?? (options.isMade ? await makeFile(path) : undefined);
  if (file === undefined)
    throw new SessionError('session_keypair_missing', `${setting}: there is no file ${path}`);
  try {
    const found = await file.stat();
    if (!found.isFile()) throw invalid(path, 'it is not a file');
    if ((found.mode & othersRights) !== 0) {
      const mode = (found.mode & 0o777).toString(8).padStart(4, '0');
      throw new SessionError(
        'session_keypair_unsafe',
        `${setting}: others may read ${path} (mode ${mode}): run \`chmod 600 ${path}\``,
      );
    }
    if (found.size > maxBytes) throw invalid(path, 'it is too large');
    return keypairOf(path, await file.readFile('utf8'));
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle | undefined> {
  try {
    // Not blocking: opening a pipe would wait for its writer.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw invalid(path, `it cannot be opened (${code})`);
  }
}

async function makeFile(path: string): Promise<FileHandle> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const made = await open(path, 'wx', 0o600);
    try {
      await made.writeFile(JSON.stringify([...Keypair.generate().secretKey]));
      await made.sync();
    } finally {
      await made.close();
    }
    return await open(path, 'r');
  } catch (error) {
    throw invalid(path, `it cannot be made (${(error as NodeJS.ErrnoException).code})`);
  }
}

function keypairOf(path: string, text: string): Keypair {
  let bytes: unknown;
  try {
    bytes = JSON.parse(text);
  } catch {
    // The error would quote the file.
    throw invalid(path, 'it is not JSON');
  }
  if (!Array.isArray(bytes) || bytes.length !== 64 || !bytes.every(isByte))
    throw invalid(path, 'it does not hold 64 bytes');
  try {
    return Keypair.fromSecretKey(Uint8Array.from(bytes as number[]));
  } catch {
    throw invalid(path, 'its public key does not belong to its secret key');
  }
}

function isByte(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255;
}

function invalid(path: string, problem: string): SessionError {
  return new SessionError('session_keypair_invalid', `${setting}: ${path}: ${problem}`);
}
