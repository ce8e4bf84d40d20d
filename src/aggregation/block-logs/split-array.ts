import { CLOSE_ARRAY, COMMA, OPEN_ARRAY, skipSpace, skipValue } from '../../protocol/json-rpc/skip-json.ts';

const maxDepth = 64;

/** The elements of a JSON array as views into its bytes, undecoded; `undefined`: not one JSON array. */
export function splitArray(source: Buffer): Buffer[] | undefined {
  const elements: Buffer[] = [];
  let at = skipSpace(source, 0, source.length);
  if (source[at] !== OPEN_ARRAY) return undefined;
  at = skipSpace(source, at + 1, source.length);
  if (source[at] === CLOSE_ARRAY) return elements;
  for (;;) {
    const end = skipValue(source, at, source.length, maxDepth);
    if (end < 0) return undefined;
    elements.push(source.subarray(at, end));
    at = skipSpace(source, end, source.length);
    if (source[at] === CLOSE_ARRAY) return elements;
    if (source[at] !== COMMA) return undefined;
    at = skipSpace(source, at + 1, source.length);
  }
}
