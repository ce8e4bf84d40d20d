import { distance } from 'fastest-levenshtein';
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
      const near = typeof input === 'string' && input.length <= 64 ? nearest(input, words) : undefined;
      return {
        expected: `one of ${listed}`,
        ...(near === undefined ? {} : { hint: `did you mean "${near}"?` }),
      };
    },
  );
}

function nearest(input: string, words: readonly string[]): string | undefined {
  const text = input.toLowerCase().replaceAll('-', '_');
  const ranked = words.map(word => ({ word, away: distance(text, word) })).sort((a, b) => a.away - b.away);
  const best = ranked[0];
  return best !== undefined && best.away <= Math.max(1, Math.floor(best.word.length / 3))
    ? best.word
    : undefined;
}
