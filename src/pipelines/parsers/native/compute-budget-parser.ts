import { decode as decodeBase58 } from '../../../chains/solana/base58.ts';
import { u32, u64 } from '../../borsh/borsh-types.ts';
import { type InstructionLayout, layout, readInstruction } from '../instruction-layout.ts';
import type { ParsedInstruction } from '../parsed-values.ts';
import { ProgramParser } from '../program-parser.ts';

/** By the first byte. */
const layouts: readonly InstructionLayout[] = [
  layout('requestUnits', [], { units: u32, additionalFee: u32 }),
  layout('requestHeapFrame', [], { bytes: u32 }),
  layout('setComputeUnitLimit', [], { units: u32 }),
  layout('setComputeUnitPrice', [], { microLamports: u64 }),
  layout('setLoadedAccountsDataSizeLimit', [], { bytes: u32 }),
];

/** Instructions of the compute budget program: what a transaction may use and pays for it. */
export const computeBudgetParser = new ProgramParser<ParsedInstruction>({
  id: 'compute_budget',
  program: decodeBase58('ComputeBudget111111111111111111111111111111') as Uint8Array,
  instruction(instruction, findings) {
    const kind = instruction.data[0];
    const found = kind === undefined ? undefined : layouts[kind];
    if (found === undefined)
      findings.problems.push(
        `instruction ${instruction.path.join('.')}: ${kind ?? 'nothing'} is no instruction`,
      );
    else readInstruction(instruction, found, 1, findings);
  },
});
