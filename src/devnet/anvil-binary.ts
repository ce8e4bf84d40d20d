import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { TrunklineError } from '../errors/trunkline-error.ts';
import { devnetErrors } from './errors.ts';

/** Where to look for the binary; the defaults are this process's own. */
export interface AnvilBinaryOptions {
  /** A file or URL whose `node_modules` chain is searched. @default this module */
  readonly from?: string | URL;
  /** @default process.platform */
  readonly platform?: string;
  /** @default process.arch */
  readonly arch?: string;
}

/**
 * Returns the path of the anvil binary that npm installed for this platform.
 *
 * The npm package `@foundry-rs/anvil` is a launcher; the binary lies in one of its optional dependencies,
 * which is looked up from the launcher's own location because a package manager may nest it there.
 *
 * @throws TrunklineError `devnet_anvil_missing`
 */
export function findAnvilBinary(options: AnvilBinaryOptions = {}): string {
  const platform = options.platform ?? process.platform;
  const arch = options.arch ?? process.arch;
  const name = `@foundry-rs/anvil-${platform}-${arch === 'x64' ? 'amd64' : arch}`;
  const binary = platform === 'win32' ? 'anvil.exe' : 'anvil';
  try {
    const launcher = createRequire(options.from ?? import.meta.url).resolve('@foundry-rs/anvil/package.json');
    const manifest = createRequire(launcher).resolve(`${name}/package.json`);
    const file = path.join(path.dirname(manifest), 'bin', binary);
    if (existsSync(file)) return file;
  } catch (cause) {
    throw missing(name, cause);
  }
  throw missing(name);
}

function missing(name: string, cause?: unknown): TrunklineError {
  return new TrunklineError(
    devnetErrors,
    'devnet_anvil_missing',
    `anvil is not installed (npm package ${name}): run \`npm ci\` without --omit=dev or --omit=optional, or take the devnet chains out of the config`,
    { details: { package: name }, cause },
  );
}
