import { type Expectation, value } from './value.ts';

interface TemplateOptions<Name extends string> {
  /** What may stand in braces. */
  readonly names: readonly Name[];
  /** What has to stand in it. @default nothing */
  readonly needs?: Name;
  /** Longest allowed, in characters. */
  readonly maxLength: number;
  /** What all of it has to match. @default some visible character, and none that controls */
  readonly pattern?: RegExp;
}

const inBraces = /\{([^{}]*)\}/g;
const visible = /^(?=.*\S)\P{Cc}+$/u;

/** A string in one line with `{name}` in it; any other name in braces is a mistake. */
export function template<Name extends string>({
  names,
  needs,
  maxLength,
  pattern = visible,
}: TemplateOptions<Name>) {
  const known: readonly string[] = names;
  const listed = names.map(name => `{${name}}`).join(', ');
  const expectation: Expectation = {
    expected: `up to ${maxLength} printable characters${needs === undefined ? '' : `, {${needs}} among them`}`,
    hint: `in braces only ${listed} can stand`,
  };
  return value<string, string>({ type: 'string', json: { type: 'string', maxLength } }, input => {
    if (typeof input !== 'string' || input.length > maxLength || !pattern.test(input)) return expectation;
    const used = [...input.matchAll(inBraces)].map(([, name]) => name!);
    const isRight = used.every(name => known.includes(name)) && (needs === undefined || used.includes(needs));
    return isRight ? { value: input } : expectation;
  });
}
