import { dirname } from 'node:path';
import type { Command } from 'commander';
import type { Diagnostic } from '../../config/diagnostic.ts';
import type { LoadedConfig } from '../../config/parse-config.ts';
import { hasColours } from '../terminal.ts';

/** `trunkline check`: says everything that is wrong with a config file and the files that it names, at once, and starts nothing. */
export function addCheckCommand(program: Command, configPath: () => string): void {
  program
    .command('check')
    .description('check the config file: every error and warning at once, with its place; starts nothing')
    .action(async () => {
      const { countDiagnostics, formatDiagnostics } = await import('../../config/format-diagnostics.ts');
      const { load } = await import('../../config/load.ts');
      const path = configPath();
      const loaded = await load(path, process.env);
      const colour = hasColours(process.stdout);
      const errors = loaded.ok ? await fileErrors(loaded, dirname(path)) : loaded.diagnostics;
      const found = [...errors, ...loaded.warnings];
      if (found.length > 0) process.stdout.write(`${formatDiagnostics(found, { colour })}\n\n`);
      for (const { chain, provider, variables } of loaded.leftOut) {
        process.stdout.write(`left out: ${chain}/${provider}, unset: ${variables.join(', ')}\n`);
      }
      if (loaded.ok && errors.length === 0) {
        const chains = Object.values(loaded.config.chains).filter(chain => chain.enabled);
        process.stdout.write(`${path} is valid: ${chains.length} chains\n`);
      } else {
        process.stdout.write(`${path}: ${countDiagnostics(errors)}\n`);
        process.exitCode = 1;
      }
    });
}

async function fileErrors({ config, source }: LoadedConfig, directory: string): Promise<Diagnostic[]> {
  const { fileFindings } = await import('../../exchange/file-findings.ts');
  return (await fileFindings(config, directory)).map(finding => source.diagnose(finding));
}
