import { Argument, type Command, InvalidArgumentError } from 'commander';
import type { DeadLetterPage, ReplayAnswer } from '../../exchange/dead-letter-actions.ts';
import type { DeadLetter } from '../../pipelines/state/dead-letter-store.ts';
import { AdminClient } from '../admin-client.ts';
import { oneLine } from '../one-line.ts';
import { ProgressLine } from '../progress-line.ts';
import { table } from '../table.ts';

interface Target {
  readonly host: string;
  readonly port: number;
}

interface Options {
  readonly all?: boolean;
  readonly limit: number;
  readonly after?: number;
  readonly json?: boolean;
}

const path = 'pipelines/dead-letters';
/** Milliseconds: a replay waits for handlers, which may take long before they fail. */
const replayTimeoutMs = 600_000;
const maxFailuresShown = 20;

/** `trunkline pipelines dead-letters …`: the values that the handlers of a pipeline gave up. */
export function addDeadLettersCommand(pipelines: Command, target: () => Target): void {
  pipelines
    .command('dead-letters')
    .description('list, show, replay or delete the values that the handlers of a pipeline gave up')
    .argument('<pipeline>', 'its name in the config')
    .addArgument(new Argument('[action]').choices(['list', 'show', 'replay', 'delete']).default('list'))
    .argument('[id]', 'of the dead letter, as the list has it', readCount)
    .option('--all', 'replay or delete all of them')
    .option('-n, --limit <n>', 'so many at most in the list (default: 100)', readCount, 100)
    .option('--after <id>', 'list those behind this one', readCount)
    .option('--json', 'print it as JSON')
    .action(async (pipeline: string, action: string, id: number | undefined, options: Options, command) => {
      const isMany = action === 'list';
      const takesAll = action === 'replay' || action === 'delete';
      if (options.all === true && !takesAll)
        command.error("error: option '--all' goes with replay and delete");
      if (isMany && id !== undefined) command.error("error: 'list' takes no id");
      if (!isMany && (id === undefined) !== (takesAll && options.all === true))
        command.error(`error: '${action}' takes the id of a dead letter${takesAll ? ', or --all' : ''}`);
      const which = { pipeline, ...(id === undefined ? { all: true } : { id }) };
      switch (action) {
        case 'list':
          return list(target(), pipeline, options);
        case 'show': {
          const { letter } = await new AdminClient(target()).call<{ letter: DeadLetter }>(
            'POST',
            path,
            which,
          );
          return print(JSON.stringify(letter, undefined, 2));
        }
        case 'replay':
          return replay(target(), which, options);
        default: {
          const answer = await new AdminClient(target()).call<{ deleted: number }>(
            'POST',
            `${path}/delete`,
            which,
          );
          return print(options.json ? JSON.stringify(answer) : `${pipeline}: ${answer.deleted} deleted`);
        }
      }
    });
}

async function list(target: Target, pipeline: string, { limit, after, json }: Options): Promise<void> {
  const page = await new AdminClient(target).call<DeadLetterPage>('POST', path, {
    pipeline,
    limit,
    ...(after === undefined ? {} : { after }),
  });
  if (json) return print(JSON.stringify(page, undefined, 2));
  if (page.letters.length === 0)
    return print(`${pipeline} has no dead letters${after === undefined ? '' : ` behind ${after}`}`);
  const rows = page.letters.map(({ id, at, handler, origin, attempts, error, isGap }) => [
    String(id),
    new Date(at).toISOString(),
    handler,
    isGap === true ? `gap from ${origin.slot}` : String(origin.slot),
    String(attempts),
    oneLine(error.message, 80),
  ]);
  print(table(['id', 'time', 'handler', 'slot', 'tries', 'error'], rows));
  if (page.next !== null) print(`  ${page.letters.length} of ${page.total}; more with --after ${page.next}`);
}

/** Asks again and again, for each request replays a bounded part. */
async function replay(
  target: Target,
  which: { readonly pipeline: string; readonly id?: number; readonly all?: boolean },
  { json }: Options,
): Promise<void> {
  const { pipeline, all } = which;
  const client = new AdminClient({ ...target, timeoutMs: replayTimeoutMs });
  const total =
    all === true ? (await client.call<DeadLetterPage>('POST', path, { pipeline, limit: 1 })).total : 1;
  const line = new ProgressLine();
  const failed: ReplayAnswer['failed'][number][] = [];
  let replayed = 0;
  for (let after = 0; ; ) {
    line.show(`${pipeline}: replaying`, replayed + failed.length, total);
    const body = all === true ? { ...which, after } : which;
    const answer = await client.call<ReplayAnswer>('POST', `${path}/replay`, body);
    replayed += answer.replayed;
    failed.push(...answer.failed);
    // What was given up meanwhile has its turn with the next replay.
    if (answer.next === null || replayed + failed.length >= total) break;
    after = answer.next;
  }
  line.clear();
  if (failed.length > 0) process.exitCode = 1;
  if (json) return print(JSON.stringify({ replayed, failed }, undefined, 2));
  print(
    `${pipeline}: ${replayed} replayed${failed.length === 0 ? '' : `, ${failed.length} failed and stay`}`,
  );
  for (const { id, message } of failed.slice(0, maxFailuresShown)) print(`  ${id}: ${oneLine(message)}`);
  if (failed.length > maxFailuresShown) print(`  … and ${failed.length - maxFailuresShown} more`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function readCount(text: string): number {
  const count = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (count < 1) throw new InvalidArgumentError('it is a whole number from 1.');
  return count;
}
