import { readFileSync } from 'node:fs';
import solc from 'solc';

/** The compiled contract of `test/fixtures/Ledger.sol`. */
export interface LedgerContract {
  readonly abi: readonly Record<string, unknown>[];
  readonly bytecode: `0x${string}`;
}

/** Compiles the contract; takes a second or two. */
export function compileLedger(): LedgerContract {
  const content = readFileSync(new URL('../fixtures/Ledger.sol', import.meta.url), 'utf8');
  const input = {
    language: 'Solidity',
    sources: { 'Ledger.sol': { content } },
    settings: { outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } }, evmVersion: 'shanghai' },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input))) as {
    errors?: { severity: string; formattedMessage: string }[];
    contracts: Record<
      string,
      Record<string, { abi: LedgerContract['abi']; evm: { bytecode: { object: string } } }>
    >;
  };
  const errors = output.errors?.filter(error => error.severity === 'error') ?? [];
  if (errors.length > 0) throw new Error(errors.map(error => error.formattedMessage).join('\n'));
  const { abi, evm } = output.contracts['Ledger.sol']!.Ledger!;
  return { abi, bytecode: `0x${evm.bytecode.object}` };
}
