import { nearestWord } from '../nearest-word.ts';
import { referenceJson, value } from './value.ts';

/** One of a few words; a near miss is told which one was probably meant. */
export function choice<const Word extends string>(words: readonly Word[]) {
  const listed = words.map(word => `"${word}"`).join(', ');
  return value<Word, Word>(
    {
      type: words.map(word => `\`${word}\``).join(' \\| '),
      json: { anyOf: [{ enum: words }, referenceJson] },
    },
    input => {
      const word = words.find(candidate => candidate === input);
      if (word !== undefined) return { value: word };
      const near = typeof input === 'string' ? nearestWord(input, words) : undefined;
      return {
        expected: `one of ${listed}`,
        ...(near === undefined ? {} : { hint: `did you mean "${near}"?` }),
      };
    },
  );
}
