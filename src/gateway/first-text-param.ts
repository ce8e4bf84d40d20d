/** An id is short; longer params hold none. */
const maxBytes = 1_024;

/** The first of a call's params, when it is a string: the id of a subscription or a filter. */
export function firstTextParam(params: Buffer | undefined): string | undefined {
  const first = firstParam(params);
  return typeof first === 'string' ? first : undefined;
}

/** The digits of the first of a call's params, when it is a whole number. */
export function firstNumberParam(params: Buffer | undefined): string | undefined {
  const first = firstParam(params);
  return Number.isSafeInteger(first) ? String(first) : undefined;
}

function firstParam(params: Buffer | undefined): unknown {
  if (params === undefined || params.length > maxBytes) return undefined;
  const value: unknown = JSON.parse(params.toString());
  return Array.isArray(value) ? value[0] : undefined;
}
