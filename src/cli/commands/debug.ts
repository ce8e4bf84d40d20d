import { writeFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { systemClock } from '../../clock/system-clock.ts';
import { TrunklineError } from '../../errors/trunkline-error.ts';
import type { RuntimeDump } from '../../exchange/debug-actions.ts';
import { AdminClient } from '../admin-client.ts';
import { cliErrors } from '../errors.ts';
import { ProgressLine } from '../progress-line.ts';
import { renderMetricsDump } from '../render-metrics-dump.ts';

interface Target {
  readonly host: string;
  readonly port: number;
}

/** Milliseconds for a profile to be written out and sent, beyond the time for which it is taken. */
const profileGraceMs = 30_000;

/** `trunkline debug …`: what a running Trunkline spends its time and memory on. */
export function addDebugCommand(program: Command, target: () => Target): void {
  const debug = program
    .command('debug')
    .description('see what a running Trunkline spends its time and memory on');

  debug
    .command('profile')
    .description('take a CPU profile, for the developer tools of Chrome, VS Code or speedscope')
    .option('-s, --seconds <n>', 'for how long, 60 at most', readSeconds, 10)
    .option('-o, --out <file>', 'where to (default: trunkline-<time>.cpuprofile)')
    .action(async ({ seconds, out = defaultFile() }: { seconds: number; out?: string }) => {
      const client = new AdminClient({ ...target(), timeoutMs: seconds * 1_000 + profileGraceMs });
      const line = new ProgressLine();
      const started = systemClock.now();
      const show = () => line.show('profiling', systemClock.now() - started, seconds * 1_000);
      const timer = systemClock.setInterval(show, 500);
      show();
      try {
        const { profile } = await client.call<{ profile: unknown }>('POST', 'debug/profile', { seconds });
        await save(out, JSON.stringify(profile));
      } finally {
        systemClock.clearInterval(timer);
        line.clear();
      }
      process.stdout.write(`${seconds} s of CPU time are in ${out}\n`);
    });

  debug
    .command('metrics')
    .description('print all metrics at once, with memory, heap and what keeps the event loop alive')
    .option('-o, --out <file>', 'write them to a file')
    .option('--json', 'print it as JSON')
    .action(async ({ out, json }: { out?: string; json?: boolean }) => {
      const dump = await new AdminClient(target()).call<RuntimeDump>('GET', 'debug/metrics');
      const text = json ? `${JSON.stringify(dump, undefined, 2)}\n` : renderMetricsDump(dump);
      if (out === undefined) process.stdout.write(text);
      else {
        await save(out, text);
        process.stdout.write(`the metrics are in ${out}\n`);
      }
    });
}

function defaultFile(): string {
  const time = new Date(systemClock.wallNow())
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replaceAll(':', '');
  return `trunkline-${time}.cpuprofile`;
}

async function save(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (cause) {
    const { message } = cause as Error;
    throw new TrunklineError(cliErrors, 'option_invalid', `${file} cannot be written: ${message}`, { cause });
  }
}

function readSeconds(text: string): number {
  const seconds = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (seconds < 1 || seconds > 60) throw new InvalidArgumentError('it is a whole number from 1 to 60.');
  return seconds;
}
