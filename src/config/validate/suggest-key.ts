import type { z } from 'zod';
import { nearestWord, snakeCase } from '../nearest-word.ts';
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
  const near = nearestWord(
    key,
    known.filter(word => !isGiven(word)),
  );
  if (near !== undefined) return `did you mean "${near}"?`;
  const home = homesOf(root).get(key.length > 64 ? '' : snakeCase(key));
  if (home !== undefined) return `it belongs under "${home}"`;
  return known.length === 0 ? 'remove it' : `known here: ${known.join(', ')}`;
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
