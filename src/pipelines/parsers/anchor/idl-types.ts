import {
  array,
  type BorshType,
  type BorshVariant,
  bool,
  bytes,
  f32,
  f64,
  fixedBytes,
  fixedOption,
  i8,
  i16,
  i32,
  i64,
  i128,
  i256,
  key,
  map,
  option,
  string,
  struct,
  tuple,
  u8,
  u16,
  u32,
  u64,
  u128,
  u256,
  variants,
  vec,
} from '../../borsh/borsh-types.ts';
import { IdlNode } from './idl-node.ts';

const plainTypes: ReadonlyMap<string, BorshType> = new Map<string, BorshType>([
  ['bool', bool],
  ['u8', u8],
  ['i8', i8],
  ['u16', u16],
  ['i16', i16],
  ['u32', u32],
  ['i32', i32],
  ['f32', f32],
  ['u64', u64],
  ['i64', i64],
  ['f64', f64],
  ['u128', u128],
  ['i128', i128],
  ['u256', u256],
  ['i256', i256],
  ['bytes', bytes],
  ['string', string],
  ['pubkey', key],
  // Its name before Anchor 0.30.
  ['publicKey', key],
]);

/** Longest fixed array; the largest account has 10 MiB. */
const maxLength = 10 * 1024 * 1024;
/** Types that a generic one may be made into; more means that it refers to itself with other arguments each time. */
const maxInstances = 10_000;
/** Characters of what tells an argument of a generic type apart; of types that refer to themselves it doubles with each level. */
const maxIdLength = 10_000;
/** Deepest nesting of types; values may not be nested deeper either. */
const maxDepth = 64;

/** What the names of a generic type stand for. */
type Generics = ReadonlyMap<
  string,
  { readonly id: string; readonly type?: BorshType; readonly length?: number }
>;

const noGenerics: Generics = new Map();

interface Instance {
  type: BorshType | undefined;
  /** How many lists, options and enums are around it, where it began. */
  readonly guards: number;
}

/** Types by name, as an IDL declares them; made into readers when they are asked for. */
export class IdlTypes {
  readonly #declared = new Map<string, IdlNode>();
  readonly #instances = new Map<string, Instance>();
  #guards = 0;
  #depth = 0;

  /** @throws {IdlError} a name that is declared twice, or none */
  constructor(declarations: readonly IdlNode[]) {
    for (const declaration of declarations) {
      const name = declaration.field('name');
      if (this.#declared.has(name.typeName())) throw name.error(`there is a type ${name.describe()} already`);
      this.#declared.set(name.typeName(), declaration);
    }
  }

  /** Makes every type that has no generics, so that mistakes in one that nothing uses are found, too. */
  checkAll(): void {
    for (const [name, declaration] of this.#declared)
      if (declaration.optionalList('generics').length === 0) this.named(name, declaration);
  }

  has(name: string): boolean {
    return this.#declared.has(name);
  }

  /** A declared type. @throws {IdlError} there is none, or it does not read */
  named(name: string, from: IdlNode): BorshType {
    return this.#instance(name, [], noGenerics, from);
  }

  /** The type of what an expression (`"u64"`, `{ "vec": … }`) says. @throws {IdlError} */
  of(expression: IdlNode): BorshType {
    return this.#of(expression, noGenerics).type;
  }

  /** A struct of named fields, or a tuple of unnamed ones. @throws {IdlError} */
  fields(list: readonly IdlNode[], generics: Generics = noGenerics): BorshType {
    if (list.every(node => node.isObject && node.optional('name') !== undefined)) {
      const fields: Record<string, BorshType> = {};
      for (const node of list) {
        const name = node.field('name').identifier();
        if (Object.hasOwn(fields, name)) throw node.error(`there is a field "${name}" already`);
        fields[name] = this.#of(node.field('type'), generics).type;
      }
      return struct(fields);
    }
    const types = list.map(node => this.#of(node, generics).type);
    return types.length === 1 ? (types[0] as BorshType) : tuple(types);
  }

  #of(expression: IdlNode, generics: Generics): { readonly id: string; readonly type: BorshType } {
    if (++this.#depth > maxDepth) throw expression.error(`the type is nested deeper than ${maxDepth}`);
    const type =
      typeof expression.value === 'string' ? this.#plain(expression) : this.#compound(expression, generics);
    this.#depth--;
    // What tells two arguments of a generic type apart; generics within it stand for what they do here.
    const around = Array.from(generics, ([name, { id }]) => `${name}=${id}`).join();
    const id = `${JSON.stringify(expression.value)}${around === '' ? '' : `{${around}}`}`;
    if (generics.size > 0 && id.length > maxIdLength)
      throw expression.error('generic types are nested in each other without an end');
    return { id, type };
  }

  #plain(expression: IdlNode): BorshType {
    const type = plainTypes.get(expression.text());
    if (type === undefined) throw expression.error(`there is no type ${expression.describe()}`);
    return type;
  }

  #compound(expression: IdlNode, generics: Generics): BorshType {
    const inner = (name: string): IdlNode | undefined => expression.optional(name);
    const defined = inner('defined');
    if (defined !== undefined) return this.#defined(defined, generics);
    const optional = inner('option');
    if (optional !== undefined) return option(this.#guarded(optional, generics));
    const vector = inner('vec');
    if (vector !== undefined) return vector.value === 'u8' ? bytes : vec(this.#guarded(vector, generics));
    const list = inner('array');
    if (list !== undefined) return this.#array(list, generics);
    const generic = inner('generic');
    if (generic !== undefined) {
      const known = generics.get(generic.text())?.type;
      if (known === undefined) throw generic.error(`there is no generic type ${generic.describe()}`);
      return known;
    }
    const fixed = inner('coption');
    if (fixed !== undefined) return fixedOption(this.#of(fixed, generics).type);
    const parts = inner('tuple');
    if (parts !== undefined) return tuple(parts.list().map(part => this.#of(part, generics).type));
    const set = inner('hashSet') ?? inner('bTreeSet');
    if (set !== undefined) return vec(this.#guarded(set, generics));
    const pairs = inner('hashMap') ?? inner('bTreeMap');
    if (pairs !== undefined) {
      const [keys, values, more] = pairs.list();
      if (keys === undefined || values === undefined || more !== undefined)
        throw pairs.error('two types are wanted, of the keys and of the values');
      return map(this.#guarded(keys, generics), this.#guarded(values, generics));
    }
    const names = Object.keys(expression.value as object);
    throw expression.error(`there is no type of the kind ${JSON.stringify(names[0] ?? '{}').slice(0, 60)}`);
  }

  /** A name, or since 0.30 an object with the name and what its generics stand for. */
  #defined(defined: IdlNode, generics: Generics): BorshType {
    if (!defined.isObject) return this.#instance(defined.typeName(), [], generics, defined);
    const name = defined.field('name');
    return this.#instance(name.typeName(), defined.optionalList('generics'), generics, name);
  }

  #array(list: IdlNode, generics: Generics): BorshType {
    const [element, length, more] = list.list();
    if (element === undefined || length === undefined || more !== undefined)
      throw list.error('a type and a length are wanted');
    const count = this.#length(length, generics);
    return element.value === 'u8' ? fixedBytes(count) : array(this.#of(element, generics).type, count);
  }

  #length(length: IdlNode, generics: Generics): number {
    if (!length.isObject) return length.count(maxLength);
    const name = length.field('generic');
    const known = generics.get(name.text())?.length;
    if (known === undefined) throw name.error(`there is no generic number ${name.describe()}`);
    return known;
  }

  /** A type within one that may hold none of it, so that it may hold itself. */
  #guarded(expression: IdlNode, generics: Generics): BorshType {
    this.#guards++;
    const { type } = this.#of(expression, generics);
    this.#guards--;
    return type;
  }

  #instance(name: string, args: readonly IdlNode[], around: Generics, from: IdlNode): BorshType {
    const declaration = this.#declared.get(name);
    if (declaration === undefined) throw from.error(`there is no type "${name}" among the IDL's types`);
    const generics = this.#bind(declaration, args, around, from);
    const id = `${name}<${Array.from(generics.values(), argument => argument.id).join()}>`;
    const known = this.#instances.get(id);
    if (known !== undefined) {
      if (known.type !== undefined) return known.type;
      if (known.guards === this.#guards)
        throw from.error(`the type "${name}" holds itself, so that it has no end`);
      // Not made yet; its size is only asked for a lower bound.
      return { minSize: 0, read: cursor => (known.type as BorshType).read(cursor) };
    }
    if (this.#instances.size >= maxInstances) throw from.error(`there are more than ${maxInstances} types`);
    const instance: Instance = { type: undefined, guards: this.#guards };
    this.#instances.set(id, instance);
    instance.type = this.#body(declaration, name, generics);
    return instance.type;
  }

  #body(declaration: IdlNode, name: string, generics: Generics): BorshType {
    const serialization = declaration.optional('serialization');
    if (serialization?.isObject) throw serialization.error('a serialization of its own cannot be followed');
    const body = declaration.field('type');
    const kind = body.field('kind');
    switch (kind.value) {
      case 'struct':
        return this.fields(body.optionalList('fields'), generics);
      case 'enum': {
        this.#guards++;
        const list = body
          .field('variants')
          .list()
          .map(variant => this.#variant(variant, generics));
        this.#guards--;
        return variants(name, list);
      }
      case 'alias':
        return this.#of(body.field('value'), generics).type;
      case 'type':
        return this.#of(body.field('alias'), generics).type;
      default:
        throw kind.error(`struct, enum, type or alias is wanted, not ${kind.describe()}`);
    }
  }

  #variant(variant: IdlNode, generics: Generics): BorshVariant {
    const name = variant.field('name').identifier();
    const fields = variant.optionalList('fields');
    return fields.length === 0 ? { name } : { name, type: this.fields(fields, generics) };
  }

  #bind(declaration: IdlNode, args: readonly IdlNode[], around: Generics, from: IdlNode): Generics {
    const parameters = declaration.optionalList('generics');
    if (parameters.length !== args.length)
      throw from.error(`${parameters.length} generics are wanted, ${args.length} are given`);
    if (parameters.length === 0) return noGenerics;
    const bound = new Map<string, { id: string; type?: BorshType; length?: number }>();
    for (const [at, parameter] of parameters.entries()) {
      const argument = args[at] as IdlNode;
      const name = parameter.isObject ? parameter.field('name').identifier() : parameter.identifier();
      if (parameter.isObject && parameter.optional('kind')?.value === 'const') {
        const length = this.#constant(argument, around);
        bound.set(name, { id: String(length), length });
      } else bound.set(name, this.#of(argument.optional('type') ?? argument, around));
    }
    return bound;
  }

  /** A number that a generic stands for; Anchor writes it as text. */
  #constant(argument: IdlNode, around: Generics): number {
    const value = argument.optional('value') ?? argument;
    if (typeof value.value !== 'string') return this.#length(value, around);
    const passed = around.get(value.value)?.length;
    if (passed !== undefined) return passed;
    return new IdlNode(/^\d{1,9}$/.test(value.value) ? Number(value.value) : value.value, value.path).count(
      maxLength,
    );
  }
}
