/** The one text of a JSON value: keys sorted, white space gone, strings normalised, numbers kept literally; `undefined`: invalid or too deep. */
export function canonicalJson(
  source: Buffer,
  start = 0,
  end = source.length,
  maxDepth = 64,
): string | undefined {
  throw new Error(`not yet ${start} ${end} ${maxDepth}`);
}
