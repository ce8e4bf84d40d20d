import type { ConfigErrorCode } from './errors.ts';

/** A place in a config: keys and list indices from the root. */
export type ConfigPath = readonly (string | number)[];

/** One thing that is wrong with a config file, or unlikely to be meant, with its place in the file. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly code: ConfigErrorCode;
  /** What is wrong; holds no secret and nothing that came from the environment. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
  readonly file: string;
  /** 1-based; 0 when the diagnostic concerns the file as a whole. */
  readonly line: number;
  /** 1-based, in UTF-16 code units. */
  readonly column: number;
  /** Where the marked part ends on that line, exclusive. */
  readonly endColumn: number;
  /** Where in the config, e.g. `chains.ethereum.providers[0].url`; empty for the whole file. */
  readonly path: string;
  /** The line of the file, its literal secrets masked at the same width. */
  readonly excerpt?: string;
  /** Where the marked part starts in `excerpt`, 1-based; differs from `column` when only a part of a long line is shown. */
  readonly excerptColumn?: number;
}

/** A finding before it has a place in the file: a path or a range of offsets. */
export interface Finding {
  readonly severity?: 'error' | 'warning';
  readonly code: ConfigErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly path: ConfigPath;
  /** What to point at. @default 'value' */
  readonly at?: 'key' | 'value';
  /** Offsets in the file; goes before `path` and `at`. */
  readonly range?: readonly [start: number, end: number];
  /** The finding has no place in the file. @default false */
  readonly wholeFile?: boolean;
  /** Offset of an earlier occurrence, whose line the message names. */
  readonly firstAt?: number;
  /** Other settings that the finding rests on; it is dropped when one of them is itself in error. */
  readonly involves?: readonly ConfigPath[];
}

/** A path as a person writes it: `chains.ethereum.providers[0].url`. */
export function formatPath(path: ConfigPath): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? shown(part) : `.${shown(part)}`;
  }
  return text;
}

/** A key that may come from the file as it is, but not in any length or with control characters. */
function shown(key: string): string {
  const clipped = key.length > 64 ? `${key.slice(0, 61)}...` : key;
  return clipped.replaceAll(/\p{Cc}/gu, '?');
}
