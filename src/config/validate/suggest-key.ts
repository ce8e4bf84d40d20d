import { distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import { shapeOf } from './schema-tree.ts';

/**
 * What to tell a person who wrote `key` where only `known` keys stand: the one probably meant, or where it belongs.
 *
 * @param isGiven whether a known key is there already, so that it cannot be the one meant; @default none is
 */
export function suggestKey(
  key: string,
  known: readonly string[],
  root: z.ZodType,
  isGiven: (known: string) => boolean = () => false,
): string {
  const near =
    key.length > 64
      ? undefined
      : nearestKey(
          key,
          known.filter(word => !isGiven(word)),
        );
  if (near !== undefined) return `did you mean "${near}"?`;
  const home = homesOf(root).get(key.length > 64 ? '' : snakeCase(key));
  if (home !== undefined) return `it belongs under "${home}"`;
  return known.length === 0 ? 'remove it' : `known here: ${known.join(', ')}`;
}

function nearestKey(key: string, known: readonly string[]): string | undefined {
  const written = snakeCase(key);
  let best: { readonly word: string; readonly away: number } | undefined;
  for (const word of known) {
    const away = distance(written, word);
    if (best === undefined || away < best.away) best = { word, away };
  }
  if (best === undefined) return undefined;
  // Two letters that changed places are one mistake, though two edits.
  const isSwapped = best.away === 2 && sortLetters(best.word) === sortLetters(written);
  return isSwapped || best.away <= Math.max(1, Math.floor(best.word.length / 3)) ? best.word : undefined;
}

function sortLetters(word: string): string {
  return [...word].sort().join('');
}

function snakeCase(key: string): string {
  return key
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[-\s.]/g, '_')
    .toLowerCase();
}

const homes = new WeakMap<z.ZodType, ReadonlyMap<string, string>>();

/** Every key of the config with the section that it stands in; the first section counts. */
function homesOf(root: z.ZodType): ReadonlyMap<string, string> {
  const known = homes.get(root);
  if (known !== undefined) return known;
  const found = new Map<string, string>();
  const visit = (schema: z.ZodType, path: string): void => {
    const shape = shapeOf(schema);
    if (shape.kind === 'record') visit(shape.value, `${path}.<name>`);
    else if (shape.kind === 'list') visit(shape.item, `${path}[]`);
    else if (shape.kind === 'section') {
      for (const [name, child] of Object.entries(shape.fields)) {
        if (name === 'defaults') continue;
        if (!found.has(name) && path !== '') found.set(name, path);
        visit(child, path === '' ? name : `${path}.${name}`);
      }
    }
  };
  visit(root, '');
  homes.set(root, found);
  return found;
}
