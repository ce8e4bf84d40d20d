import { text } from './text.ts';

/** The name of a chain, as `chains` has it; that there is one of the name is checked across sections. */
export function chainReference() {
  return text({ pattern: /^[a-z0-9-]{1,63}$/, expected: 'the name of a chain, as it stands under `chains`' });
}
