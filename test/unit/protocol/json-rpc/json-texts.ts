import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';

/** Valid JSON of any shape, compact, or with white space wherever the grammar allows it. */
export const jsonText: fc.Arbitrary<string> = fc
  .tuple(
    fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' }),
    fc.array(fc.constantFrom('', ' ', '\n', '\t', '\r', ' \n'), { minLength: 1, maxLength: 5 }),
  )
  .map(([value, spaces]) => spaced(JSON.stringify(value), spaces));

/** JSON that has been cut, or had bytes changed, put in or taken out: some of it is still valid. */
export const damagedJson: fc.Arbitrary<Buffer> = fc
  .tuple(
    jsonText,
    fc.array(fc.tuple(fc.nat(), fc.constantFrom('set', 'insert', 'remove', 'cut'), damagingByte()), {
      maxLength: 3,
    }),
  )
  .map(([text, edits]) => {
    let bytes = Buffer.from(text);
    for (const [place, kind, byte] of edits) {
      const at = place % (bytes.length + 1);
      const behind = bytes.subarray(kind === 'insert' ? at : at + 1);
      const middle = kind === 'set' || kind === 'insert' ? Buffer.of(byte) : Buffer.of();
      bytes =
        kind === 'cut'
          ? Buffer.from(bytes.subarray(0, at))
          : Buffer.concat([bytes.subarray(0, at), middle, behind]);
    }
    return bytes;
  });

/** Text that looks like JSON, from its bytes alone. */
export const jsonLikeText: fc.Arbitrary<string> = fc
  .array(
    fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      'u',
      '0',
      '1',
      '-',
      '.',
      'e',
      '+',
      't',
      'true',
      'false',
      'null',
      'nul',
      ' ',
      '"a"',
      '"id":1',
      '\u0000',
      'é',
    ),
    {
      maxLength: 24,
    },
  )
  .map(parts => parts.join(''));

/** Whether the bytes are UTF-8 that JSON.parse takes. */
export function isJson(bytes: Buffer): boolean {
  if (!isUtf8(bytes)) return false;
  try {
    JSON.parse(bytes.toString());
    return true;
  } catch {
    return false;
  }
}

function damagingByte(): fc.Arbitrary<number> {
  return fc.oneof(
    fc.constantFrom(...Buffer.from('{}[],:"\\/ u0-.eE+tfn\u0000\u001f\n')),
    fc.integer({ min: 0, max: 255 }),
  );
}

/** Puts white space around the structural characters that are outside of strings. */
function spaced(json: string, spaces: readonly string[]): string {
  let isString = false;
  let turn = 0;
  let text = '';
  for (let index = 0; index < json.length; index++) {
    const char = json[index]!;
    if (isString && char === '\\') {
      text += char + json[++index]!;
      continue;
    }
    if (char === '"') isString = !isString;
    const pad = () => spaces[turn++ % spaces.length]!;
    text += !isString && '{}[],:'.includes(char) ? pad() + char + pad() : char;
  }
  return text;
}
