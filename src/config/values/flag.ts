import { referenceJson, value } from './value.ts';

/** `true` or `false`; the same as a string counts, since `${VAR}` always gives a string. */
export function flag() {
  return value<boolean | string, boolean>(
    { type: 'boolean', json: { anyOf: [{ type: 'boolean' }, referenceJson] } },
    input => {
      if (input === true || input === 'true') return { value: true };
      if (input === false || input === 'false') return { value: false };
      return { expected: 'true or false' };
    },
  );
}
