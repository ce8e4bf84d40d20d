import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Finding } from './diagnostic.ts';
import type { Environment } from './interpolate.ts';
import { type LoadResult, parseConfig, rejected } from './parse-config.ts';
import { ConfigSource } from './source/config-source.ts';

/** Largest config file, in bytes; thousands of chains fit. */
const maxFileBytes = 1_048_576;

/**
 * Reads and checks the config file at `path`, `${VAR}` in it taken from `env`. It never throws: a file that is missing,
 * unreadable or wrong gives a result with `ok: false` and all its diagnostics.
 */
export async function load(path: string, env: Environment): Promise<LoadResult> {
  let handle: FileHandle | undefined;
  try {
    // Not blocking: opening a pipe would wait for its writer.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await handle.stat();
    if (!stat.isFile()) return unreadable(path, 'config_file_unreadable', 'this is no regular file');
    if (stat.size > maxFileBytes) return tooLarge(path);
    // The file may grow while it is read.
    const buffer = Buffer.alloc(maxFileBytes + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) break;
    }
    if (length > maxFileBytes) return tooLarge(path);
    return parseConfig(
      new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, length)),
      path,
      env,
    );
  } catch (error) {
    return unreadable(path, ...reasonOf(error));
  } finally {
    await handle?.close();
  }
}

function reasonOf(error: unknown): [code: Finding['code'], message: string, hint?: string] {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return ['config_file_missing', 'there is no such file', 'name another with `--config <path>`'];
  if (code === 'EACCES' || code === 'EPERM')
    return ['config_file_unreadable', 'no permission to read the file'];
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
    return ['config_file_unreadable', 'the file is not UTF-8', 'save it as UTF-8'];
  return [
    'config_file_unreadable',
    `the file cannot be read (${typeof code === 'string' ? code : 'unknown reason'})`,
  ];
}

function tooLarge(path: string): LoadResult {
  return unreadable(path, 'config_too_large', `the file is larger than ${maxFileBytes} bytes`);
}

function unreadable(path: string, code: Finding['code'], message: string, hint?: string): LoadResult {
  return rejected(new ConfigSource(path, '', undefined), [
    { code, message, ...(hint === undefined ? {} : { hint }), path: [], wholeFile: true },
  ]);
}
