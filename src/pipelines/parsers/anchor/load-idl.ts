import { readFileSync, statSync } from 'node:fs';
import { ParserError } from '../errors.ts';
import { type AnchorIdl, readAnchorIdl } from './anchor-idl.ts';
import { IdlError } from './idl-node.ts';

/** Larger is no IDL; the largest in use have a few hundred kilobytes. */
const maxBytes = 10 * 1024 * 1024;

const remedy =
  'Take it anew from `anchor build` (target/idl), or from the chain by `anchor idl fetch <program>`.';

/**
 * Reads an IDL from its file; at the start of a pipeline, so that it may wait for the disk.
 *
 * @throws {ParserError} idl_unreadable, idl_invalid: with the place in the IDL
 */
export function loadIdl(path: string): AnchorIdl {
  return parseIdl(readText(path), path);
}

/**
 * Reads an IDL from its text; `name` stands for it in errors.
 *
 * @throws {ParserError} idl_invalid: with the place in the IDL
 */
export function parseIdl(text: string, name: string): AnchorIdl {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (cause) {
    throw new ParserError('idl_invalid', `${name} is not JSON: ${(cause as Error).message}. ${remedy}`, {
      cause,
    });
  }
  try {
    return readAnchorIdl(json);
  } catch (cause) {
    if (!(cause instanceof IdlError)) throw cause;
    const place = cause.path === '' ? name : `${name}, at \`${cause.path}\``;
    throw new ParserError('idl_invalid', `${place}: ${cause.message}. ${remedy}`, {
      cause,
      details: { path: cause.path },
    });
  }
}

function readText(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > maxBytes) throw new Error(`it has ${size} bytes, an IDL has ${maxBytes} at the most`);
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ParserError('idl_unreadable', `the IDL ${path} cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}
