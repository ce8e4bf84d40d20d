import { nearestWord } from '../../config/nearest-word.ts';

/** The words about a name that is not among the `known` ones: which it is, which was probably meant, which there are. */
export function unknownName(written: string, known: readonly string[]): string {
  const near = nearestWord(written, known);
  const hint = near === undefined ? '' : `did you mean "${near}"? `;
  return `${JSON.stringify(written.slice(0, 40))}; ${hint}there are ${known.join(', ')}`;
}
