import { createProgram } from './cli/program.ts';
import { TrunklineError } from './errors/trunkline-error.ts';

try {
  await createProgram().parseAsync();
} catch (error) {
  if (!(error instanceof TrunklineError)) throw error;
  process.stderr.write(`trunkline: ${error.message}\n`);
  process.exitCode = 1;
}
