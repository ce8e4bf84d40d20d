/** An id is short; longer params hold none. */
const maxBytes = 1_024;

/** The first of a call's params, when it is a string: the id of a subscription or a filter. */
export function firstTextParam(params: Buffer | undefined): string | undefined {
  if (params === undefined || params.length > maxBytes) return undefined;
  const value: unknown = JSON.parse(params.toString());
  return Array.isArray(value) && typeof value[0] === 'string' ? value[0] : undefined;
}
