import type { CommandSpec } from './command-spec.ts';
import { type CommandName, commandTable } from './command-table.ts';

/** A command that only Trunkline itself sends: Redis has none such, and the RESP port does not know it. */
export type InternalCommandSpec = Pick<
  CommandSpec,
  'name' | 'arity' | 'flags' | 'complexity' | 'summary' | 'syntax' | 'isRepeatable'
>;

/** The commands behind `commandTable`, for typed calls only. */
export const internalCommands = [
  {
    name: 'range',
    arity: -5,
    flags: ['readonly'],
    complexity: 'O(log(N)+M) where N is the number of keys and M the number returned',
    summary:
      'Keys and their values in the order of keys, from `start` up to `end`, at least one; `floor`: from the greatest key that is not above `start`; `reverse`: the greatest first; `keys`: without the values',
    syntax: 'start end max-entries max-bytes [floor | reverse | keys]',
    isRepeatable: true,
  },
  {
    name: 'delrange',
    arity: 4,
    flags: ['write'],
    complexity: 'O(log(N)+M) where N is the number of keys and M the number removed',
    summary: 'Removes keys from `start` up to `end`, the lowest first; replies with how many there were',
    syntax: 'start end max-entries',
    isRepeatable: false,
  },
  {
    name: 'expect',
    arity: -3,
    flags: ['readonly', 'fast'],
    complexity: 'O(1)',
    summary: 'An error unless the key has one of the values, so that the batch it begins is not applied',
    syntax: 'key value [value ...]',
    isRepeatable: true,
  },
] as const satisfies readonly InternalCommandSpec[];

/** All commands that a store runs; the index is the opcode. */
export const storeCommandTable: readonly InternalCommandSpec[] = [...commandTable, ...internalCommands];

/** The name of a command that a store runs, in lower case. */
export type StoreCommandName = CommandName | (typeof internalCommands)[number]['name'];

const opcodes: ReadonlyMap<string, number> = new Map(
  storeCommandTable.map((spec, opcode) => [spec.name, opcode]),
);

/** The opcode of any command that a store runs. */
export function storeOpcode(name: StoreCommandName): number {
  return opcodes.get(name)!;
}
