import { ElementCursor } from '../../protocol/json-rpc/element-cursor.ts';
import { OPEN_ARRAY, skipSpace } from '../../protocol/json-rpc/skip-json.ts';

const maxDepth = 64;

/** The elements of a JSON array as views into its bytes, undecoded; `undefined`: not one JSON array. */
export function splitArray(source: Buffer): Buffer[] | undefined {
  const elements: Buffer[] = [];
  const start = skipSpace(source, 0, source.length);
  if (source[start] !== OPEN_ARRAY) return undefined;
  const cursor = new ElementCursor(source, start, source.length, maxDepth);
  while (cursor.next()) elements.push(source.subarray(cursor.valueStart, cursor.valueEnd));
  return cursor.at < 0 ? undefined : elements;
}
