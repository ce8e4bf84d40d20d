import type { z } from 'zod';
import type { ConfigPath } from '../diagnostic.ts';
import { type FieldMeta, fieldRegistry } from '../field.ts';

/** What a schema is once its default and optionality are taken off. */
export type SchemaShape =
  | {
      readonly kind: 'section';
      readonly schema: z.ZodType;
      readonly fields: Readonly<Record<string, z.ZodType>>;
    }
  | { readonly kind: 'record'; readonly schema: z.ZodType; readonly value: z.ZodType }
  | { readonly kind: 'list'; readonly schema: z.ZodType; readonly item: z.ZodType }
  | { readonly kind: 'value'; readonly schema: z.ZodType };

/** Looks through `optional` and `prefault` at what a schema describes. */
export function shapeOf(schema: z.ZodType): SchemaShape {
  const { def } = (schema as unknown as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'optional':
    case 'prefault':
      return shapeOf(def.innerType as z.ZodType);
    case 'object':
      return { kind: 'section', schema, fields: def.shape as Readonly<Record<string, z.ZodType>> };
    case 'record':
      return { kind: 'record', schema, value: def.valueType as z.ZodType };
    case 'array':
      return { kind: 'list', schema, item: def.element as z.ZodType };
    default:
      return { kind: 'value', schema };
  }
}

/** What the file may hold where a field gives no value: the written form of its default; undefined when it has none. */
export function defaultOf(schema: z.ZodType): unknown {
  const { def } = (schema as unknown as z.core.$ZodTypes)._zod;
  return def.type === 'prefault' ? def.defaultValue : undefined;
}

/** Whether a field has to be given. */
export function isRequired(schema: z.ZodType): boolean {
  const { type } = (schema as unknown as z.core.$ZodTypes)._zod.def;
  return type !== 'prefault' && type !== 'optional';
}

/** The schema of the setting at `path`, its default included; undefined where there is no such setting. */
export function schemaAt(root: z.ZodType, path: ConfigPath): z.ZodType | undefined {
  let schema: z.ZodType | undefined = root;
  for (const part of path) {
    const shape: SchemaShape = shapeOf(schema);
    if (shape.kind === 'section') schema = Object.hasOwn(shape.fields, part) ? shape.fields[part] : undefined;
    else if (shape.kind === 'record') schema = shape.value;
    else if (shape.kind === 'list') schema = shape.item;
    else return undefined;
    if (schema === undefined) return undefined;
  }
  return schema;
}

/** The documentation of the setting at `path`, or of the field that contains it (an item of a list, a header). */
export function fieldAt(root: z.ZodType, path: ConfigPath): FieldMeta | undefined {
  for (let length = path.length; length > 0; length--) {
    const schema = schemaAt(root, path.slice(0, length));
    const meta = schema === undefined ? undefined : fieldRegistry.get(schema);
    if (meta !== undefined) return meta;
  }
  return undefined;
}
