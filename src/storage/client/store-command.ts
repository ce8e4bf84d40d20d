import type { RespValue } from '../../protocol/resp/reply-reader.ts';
import { isWrite } from '../commands/command-spec.ts';
import { type StoreCommandName, storeCommandTable, storeOpcode } from '../commands/internal-commands.ts';

/** A key, a value or another argument; a text is meant as UTF-8. */
export type StoreBytes = Uint8Array | string;

/** A command for a store, not run yet; `Result` is what its reply decodes to. */
export interface StoreCommand<Result> {
  readonly kind: CommandKind;
  readonly args: readonly StoreBytes[];
  /** Whether it has the same effect and the same reply when it is run twice. */
  readonly isRepeatable: boolean;
  /** Turns the reply into the result; never called with an error reply. */
  readonly decode: (reply: RespValue) => Result;
}

/** What all commands of one name have in common. */
export interface CommandKind {
  readonly name: StoreCommandName;
  readonly opcode: number;
  readonly access: 'read' | 'write';
  readonly isRepeatable: boolean;
}

/** The kind of the commands of this name. */
export function commandKind(name: StoreCommandName): CommandKind {
  const code = storeOpcode(name);
  const spec = storeCommandTable[code]!;
  return { name, opcode: code, access: isWrite(spec) ? 'write' : 'read', isRepeatable: spec.isRepeatable };
}
