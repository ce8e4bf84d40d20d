import { createProgram } from './cli/program.ts';
import { TrunklineError } from './errors/trunkline-error.ts';

// `trunkline check | head`: the reader has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

try {
  await createProgram().parseAsync();
} catch (error) {
  if (!(error instanceof TrunklineError)) throw error;
  process.stderr.write(`trunkline: ${error.message}\n`);
  process.exitCode = 1;
}
