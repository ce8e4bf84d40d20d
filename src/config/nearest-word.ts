import { distance } from 'fastest-levenshtein';

/** Beyond, nobody meant a word that is known, and the comparison would cost something. */
const longest = 64;

/** The one of `words`, which are in snake_case, that `written` most probably was to be; undefined: it is like none of them. */
export function nearestWord(written: string, words: readonly string[]): string | undefined {
  if (written.length > longest) return undefined;
  const text = snakeCase(written);
  let best: { readonly word: string; readonly away: number } | undefined;
  for (const word of words) {
    const away = distance(text, word.toLowerCase());
    if (best === undefined || away < best.away) best = { word, away };
  }
  if (best === undefined) return undefined;
  // Two letters that changed places are one mistake, though two edits.
  const isSwapped = best.away === 2 && sortLetters(best.word) === sortLetters(text);
  return isSwapped || best.away <= Math.max(1, Math.floor(best.word.length / 3)) ? best.word : undefined;
}

/** `maxBytes`, `max-bytes` and `max.bytes` as `max_bytes`. */
export function snakeCase(text: string): string {
  return text
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[-\s.]/g, '_')
    .toLowerCase();
}

function sortLetters(word: string): string {
  return [...word].sort().join('');
}
