import { z } from 'zod';

/** How a changed value reaches the running system: at once, by restarting one child process, or by restarting Trunkline. */
export type Applies = 'live' | 'restart-child' | 'restart';

/** Which child a `restart-child` change restarts: the chain with all its providers, only the providers, or only its pipelines. */
export type RestartedChild = 'chain' | 'provider' | 'pipelines';

/** What a field's schema cannot say by itself; docs, JSON Schema and the reload all read it. */
export interface FieldMeta {
  /** One sentence for the person who writes the YAML. */
  readonly doc: string;
  /** Unit of the value, when it has one: "duration", "bytes", "blocks", … */
  readonly unit?: string;
  readonly applies: Applies;
  /** The child that `restart-child` restarts. @default 'provider' */
  readonly child?: RestartedChild;
  /** Replaces the schema's default in the docs when the default is derived from another field. */
  readonly derivedDefault?: string;
  /** The value is a secret or contains one: it is never shown. @default false */
  readonly secret?: boolean;
}

/** What a section is for; the heading text of its table in the docs. */
export interface SectionMeta {
  readonly doc: string;
}

/** Metadata of every field, keyed by its outermost schema. */
export const fieldRegistry = z.registry<FieldMeta>();

/** Metadata of every section, keyed by its `strictObject`. */
export const sectionRegistry = z.registry<SectionMeta>();

/** The JSON Schema of a value type, keyed by the schema that parses it. */
export const jsonRegistry = z.registry<{
  readonly json: Readonly<Record<string, unknown>>;
  readonly type: string;
}>();

/** Attaches a field's documentation to its schema and returns the same schema. */
export function field<S extends z.ZodType>(schema: S, meta: FieldMeta): S {
  fieldRegistry.add(schema, meta);
  return schema;
}

/** A section: a strict object whose unknown keys are errors, with a sentence that says what it is for. */
export function section<Shape extends z.core.$ZodLooseShape>(
  doc: string,
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> {
  const schema = z.strictObject(shape);
  sectionRegistry.add(schema, { doc });
  return schema;
}
