import { decode as decodeBase58 } from '../../../chains/solana/base58.ts';
import type { BorshType } from '../../borsh/borsh-types.ts';
import type { AccountRole, InstructionLayout } from '../instruction-layout.ts';
import { anchorDiscriminator } from './discriminator-table.ts';
import { IdlError, IdlNode } from './idl-node.ts';
import { IdlTypes } from './idl-types.ts';

/** Longest discriminator; a transaction's instruction has not much more room. */
const maxDiscriminator = 1024;

/** An IDL of Anchor, made into what reads its program's data. */
export interface AnchorIdl {
  readonly name: string;
  /** The program's address, 32 bytes, if the IDL says. */
  readonly program: Uint8Array | undefined;
  readonly instructions: readonly (Discriminated & { readonly layout: InstructionLayout })[];
  readonly events: readonly DiscriminatedType[];
  readonly accounts: readonly DiscriminatedType[];
}

/** Bytes that start with the discriminator are of this name. */
export interface Discriminated {
  readonly name: string;
  readonly discriminator: Uint8Array;
}

/** And are laid out so behind it. */
export interface DiscriminatedType extends Discriminated {
  readonly type: BorshType;
}

/**
 * Reads an IDL, of Anchor 0.30 and later or of before.
 *
 * @throws {IdlError} it cannot be followed: where, and why
 */
export function readAnchorIdl(json: unknown): AnchorIdl {
  const root = new IdlNode(json, '');
  if (!root.isObject) throw root.error(`an object is wanted, not ${root.describe()}`);
  if (root.optional('kind')?.value === 'rootNode')
    throw root.error('this is an IDL of Codama; the one of Anchor that it was made from is wanted');
  if (root.optional('instructions') === undefined && root.optional('events') === undefined)
    throw root.error('there are neither `instructions` nor `events` in it');
  const declarations = root.optionalList('types');
  const accounts = root.optionalList('accounts');
  const isOld =
    root.optional('address') === undefined && root.optional('metadata')?.optional('spec') === undefined;
  const declared = new Set(declarations.map(({ value }) => (value as { name?: unknown } | null)?.name));
  // Before 0.30 the accounts' types stood with the accounts, and other types could refer to them.
  const types = new IdlTypes([
    ...declarations,
    ...accounts.filter(
      node => node.optional('type') !== undefined && !declared.has(node.field('name').value),
    ),
  ]);
  types.checkAll();
  const idl: AnchorIdl = {
    name: (root.optional('metadata')?.optional('name') ?? root.optional('name'))?.text() ?? 'program',
    program: readAddress(root.optional('address') ?? root.optional('metadata')?.optional('address')),
    instructions: root.optionalList('instructions').map(node => readInstruction(node, types, isOld)),
    events: root.optionalList('events').map(node => readEvent(node, types)),
    accounts: isShank(root) ? [] : accounts.map(node => readAccount(node, types)),
  };
  for (const section of ['instructions', 'events', 'accounts'] as const) checkDistinct(section, idl[section]);
  return idl;
}

function readAddress(node: IdlNode | undefined): Uint8Array | undefined {
  if (node === undefined) return undefined;
  const bytes = decodeBase58(node.text());
  if (bytes?.length !== 32) throw node.error(`${node.describe()} is no address`);
  return bytes;
}

function readInstruction(node: IdlNode, types: IdlTypes, isOld: boolean) {
  const name = node.field('name').identifier();
  const roles: AccountRole[] = [];
  collectRoles(node.optionalList('accounts'), '', roles);
  const list = node.optionalList('args');
  for (const argument of list) argument.field('name');
  // All have names, so that it is a struct.
  const args = types.fields(list) as InstructionLayout['args'];
  return {
    name,
    discriminator: readDiscriminator(node) ?? anchorDiscriminator('global', isOld ? snakeCase(name) : name),
    layout: { name, accounts: roles, args },
  };
}

/** Accounts, and groups of them in a struct of their own. */
function collectRoles(nodes: readonly IdlNode[], prefix: string, roles: AccountRole[]): void {
  if (prefix.length > 1024)
    throw (nodes[0] ?? new IdlNode(nodes, 'accounts')).error('groups are nested too deep');
  for (const node of nodes) {
    const name = `${prefix}${node.field('name').identifier()}`;
    const group = node.optional('accounts');
    if (group !== undefined) collectRoles(group.list(), `${name}.`, roles);
    else {
      const isOptional = (node.optional('optional') ?? node.optional('isOptional'))?.value === true;
      roles.push({ name, isOptional });
    }
  }
}

function readEvent(node: IdlNode, types: IdlTypes): DiscriminatedType {
  const name = node.field('name');
  const fields = node.optional('fields');
  return {
    name: name.typeName(),
    discriminator: readDiscriminator(node) ?? anchorDiscriminator('event', name.typeName()),
    type: fields === undefined ? types.named(name.typeName(), name) : types.fields(fields.list()),
  };
}

function readAccount(node: IdlNode, types: IdlTypes): DiscriminatedType {
  const name = node.field('name');
  return {
    name: name.typeName(),
    discriminator: readDiscriminator(node) ?? anchorDiscriminator('account', pascalCase(name.typeName())),
    type: types.named(name.typeName(), name),
  };
}

/** As a list of bytes since 0.30; as `discriminant` in the IDLs of Shank. */
function readDiscriminator(node: IdlNode): Uint8Array | undefined {
  const list = node.optional('discriminator');
  if (list !== undefined) {
    const bytes = list.list().map(byte => byte.count(255));
    if (bytes.length === 0 || bytes.length > maxDiscriminator)
      throw list.error(`1 to ${maxDiscriminator} bytes are wanted, not ${bytes.length}`);
    return Uint8Array.from(bytes);
  }
  const discriminant = node.optional('discriminant');
  if (discriminant === undefined) return undefined;
  const type = discriminant.field('type');
  const size = { u8: 1, u16: 2, u32: 4 }[type.text()];
  if (size === undefined) throw type.error(`u8, u16 or u32 is wanted, not ${type.describe()}`);
  const bytes = Buffer.alloc(size);
  bytes.writeUIntLE(discriminant.field('value').count(2 ** (8 * size) - 1), 0, size);
  return new Uint8Array(bytes);
}

function checkDistinct(section: string, entries: readonly Discriminated[]): void {
  const places = new Map<string, number>();
  for (const [at, { discriminator }] of entries.entries()) {
    const name = Buffer.from(discriminator).toString('hex');
    const before = places.get(name);
    if (before !== undefined)
      throw new IdlError(`${section}[${at}]`, `it has the discriminator of ${section}[${before}]`);
    places.set(name, at);
  }
}

function isShank(root: IdlNode): boolean {
  return root.optional('metadata')?.optional('origin')?.value === 'shank';
}

/** As the IDLs before 0.30 were read: the Rust name of what they call `initializeV2`. */
function snakeCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}

function pascalCase(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
