/** What is wrong with an IDL, and where in it. */
export class IdlError extends Error {
  /** As `types[3].type.fields[0]`; empty: the whole. */
  readonly path: string;

  constructor(path: string, message: string) {
    super(message);
    this.name = 'IdlError';
    this.path = path;
  }
}

const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/;
const typeName = /^[A-Za-z_][A-Za-z0-9_:]*$/;

/** A value in an IDL together with its place, so that every complaint can name it. */
export class IdlNode {
  readonly value: unknown;
  readonly path: string;

  constructor(value: unknown, path: string) {
    this.value = value;
    this.path = path;
  }

  get isObject(): boolean {
    return typeof this.value === 'object' && this.value !== null && !Array.isArray(this.value);
  }

  get isList(): boolean {
    return Array.isArray(this.value);
  }

  /** A field of an object; undefined where it is missing or null. @throws {IdlError} no object */
  optional(name: string): IdlNode | undefined {
    if (!this.isObject) throw this.error(`an object is wanted, not ${this.describe()}`);
    const value = Object.hasOwn(this.value as object, name)
      ? (this.value as Record<string, unknown>)[name]
      : undefined;
    if (value === undefined || value === null) return undefined;
    return new IdlNode(value, this.path === '' ? name : `${this.path}.${name}`);
  }

  /** @throws {IdlError} missing */
  field(name: string): IdlNode {
    const node = this.optional(name);
    if (node === undefined) throw this.error(`\`${name}\` is missing`);
    return node;
  }

  /** @throws {IdlError} no list */
  list(): IdlNode[] {
    if (!Array.isArray(this.value)) throw this.error(`a list is wanted, not ${this.describe()}`);
    return this.value.map((element: unknown, at) => new IdlNode(element, `${this.path}[${at}]`));
  }

  /** The elements of a list that may be missing. */
  optionalList(name: string): IdlNode[] {
    return this.optional(name)?.list() ?? [];
  }

  text(): string {
    if (typeof this.value !== 'string') throw this.error(`text is wanted, not ${this.describe()}`);
    return this.value;
  }

  /** The name of a field, an account or the like; it becomes a key of what is parsed. */
  identifier(): string {
    return this.#matching(identifier);
  }

  /** The name of a type, which may be a path. */
  typeName(): string {
    return this.#matching(typeName);
  }

  /** A whole number from 0 to `max`. */
  count(max: number): number {
    const { value } = this;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > max)
      throw this.error(`a whole number from 0 to ${max} is wanted, not ${this.describe()}`);
    return value;
  }

  error(message: string): IdlError {
    return new IdlError(this.path, message);
  }

  describe(): string {
    if (this.value === null) return 'null';
    if (Array.isArray(this.value)) return 'a list';
    if (typeof this.value === 'object') return 'an object';
    return JSON.stringify(this.value).slice(0, 60);
  }

  #matching(pattern: RegExp): string {
    const name = this.text();
    if (name.length > 256 || !pattern.test(name) || name === '__proto__')
      throw this.error(`${this.describe()} is no name`);
    return name;
  }
}
