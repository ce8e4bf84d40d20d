import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '../../clock/system-clock.ts';
import { TrunklineError } from '../../errors/trunkline-error.ts';
import type { FileCheckReport } from '../../storage/database/file-check.ts';
import { cliErrors } from '../errors.ts';
import { ProgressLine } from '../progress-line.ts';
import { hasColours } from '../terminal.ts';

/** A store that is there. */
interface StoredStore {
  readonly name: string;
  readonly directory: string;
}

interface StoredStores {
  readonly directory: string;
  readonly stores: readonly StoredStore[];
}

/** `trunkline storage …`: checks and copies what is stored, whether Trunkline runs or not. */
export function addStorageCommand(program: Command, configPath: () => string): void {
  const storage = program
    .command('storage')
    .description('check and back up what is stored, while Trunkline runs or while it is stopped');

  storage
    .command('check')
    .description('read every page and record of the stores and say what is damaged; changes nothing')
    .action(async () => {
      const stored = await storedStores(configPath());
      if (stored === undefined || !(await checkStores(stored))) process.exitCode = 1;
    });

  storage
    .command('backup')
    .description('copy the stores as they are at one moment each, and check the copies')
    .argument('<directory>', 'where to: a new or empty directory')
    .addHelpText('after', restoreHelp)
    .action(async (target: string) => {
      // What an unset variable of a script leaves; resolved, it would be the working directory.
      if (target.trim() === '')
        throw unusable('The directory for the backup has an empty name; name a new or empty directory.');
      const stored = await storedStores(configPath());
      if (stored === undefined) process.exitCode = 1;
      else await backUpStores(stored, resolve(target));
    });
}

const restoreHelp = `
To restore a backup: stop Trunkline, move the folder of each store (such as kv) away from storage.directory, put the
folder of the backup in its place, and start.`;

async function checkStores({ directory, stores }: StoredStores): Promise<boolean> {
  const { inspectLiveStore, inspectStore } = await import('../../storage/database/inspect-store.ts');
  const line = new ProgressLine();
  const look = (isLive: boolean) => async (refresh: () => void) => {
    let isWhole = true;
    for (const store of stores) {
      const onProgress = (pages: number, of: number) => {
        refresh();
        line.show(store.name, pages, of);
      };
      const started = systemClock.now();
      const inspect = isLive ? inspectLiveStore : inspectStore;
      const { found, report } = await inspect(store.directory, onProgress);
      line.clear();
      process.stdout.write(describeCheck(store, found, report, systemClock.now() - started));
      isWhole &&= report.ok;
    }
    return isWhole;
  };
  return withoutWriters(directory, look(false), look(true));
}

async function backUpStores({ directory, stores }: StoredStores, target: string): Promise<void> {
  const { backupStore, prepareBackupDirectory } = await import('../../storage/database/backup.ts');
  const { goBackToCheckpoint } = await import('../../storage/database/inspect-store.ts');
  prepareBackupDirectory(target);
  const line = new ProgressLine();
  const copy = async (refresh: () => void) => {
    for (const { name, directory: from } of stores) {
      const started = systemClock.now();
      const backup = await backupStore(from, join(target, name), systemClock, {
        onCopied: (bytes, of) => line.show(`${name}: copying`, bytes, of),
        onChecked: (pages, of) => {
          refresh();
          line.show(`${name}: checking the copy`, pages, of);
        },
      });
      line.clear();
      const { bytes, report } = backup;
      const seconds = secondsSince(started);
      process.stdout.write(
        `${name}: ${report.keys} keys, ${size(bytes)} in ${seconds}, checked: ${backup.directory}\n`,
      );
    }
  };
  await withoutWriters(
    directory,
    async refresh => {
      // Where the system ended since, what is copied is what a start would go on with.
      for (const store of stores) goBackToCheckpoint(store.directory);
      await copy(refresh);
    },
    copy,
  );
}

/**
 * Runs `alone` with the directory taken, or `beside` when a process that runs has it. Either gets what it calls now and
 * then while it keeps the event loop, so that the directory stays taken.
 */
async function withoutWriters<T>(
  directory: string,
  alone: (refresh: () => void) => Promise<T>,
  beside: (refresh: () => void) => Promise<T>,
): Promise<T> {
  const { lockDirectory, lockHolder } = await import('../../storage/database/directory-lock.ts');
  const dependencies = { clock: systemClock };
  if (lockHolder(directory, dependencies) !== undefined) return beside(() => {});
  const lock = lockDirectory(directory, dependencies);
  try {
    return await alone(lock.refresh);
  } finally {
    lock.release();
  }
}

/** `undefined`: the config has errors, which were printed. */
async function storedStores(path: string): Promise<StoredStores | undefined> {
  const { load } = await import('../../config/load.ts');
  const { storeFiles } = await import('../../storage/database/store-files.ts');
  const loaded = await load(path, process.env);
  if (!loaded.ok) {
    const { countDiagnostics, formatDiagnostics } = await import('../../config/format-diagnostics.ts');
    const { diagnostics } = loaded;
    const text = formatDiagnostics(diagnostics, { colour: hasColours(process.stderr) });
    process.stderr.write(`${text}\n\n${path}: ${countDiagnostics(diagnostics)}\n`);
    return undefined;
  }
  const { storage } = loaded.config;
  if (storage === undefined) {
    throw unusable(
      `${path} has no section \`storage\`, so nothing is stored; name another one with --config.`,
    );
  }
  const directory = resolve(storage.directory);
  const stores = Object.keys(storage.stores)
    .map(name => ({ name, directory: join(directory, name) }))
    .filter(
      store =>
        existsSync(storeFiles(store.directory).data) || existsSync(storeFiles(store.directory).checkpoint),
    );
  if (stores.length > 0) return { directory, stores };
  throw unusable(
    `There is no store in ${directory} (\`storage.directory\` of ${path}). A relative path starts at the working directory.`,
  );
}

function describeCheck(store: StoredStore, found: string, report: FileCheckReport, ms: number): string {
  const { problems, pages, keys, bytes, lostPages } = report;
  if (report.ok) {
    const lost = lostPages > 0 ? `, ${lostPages} pages lost but harmless` : '';
    const time = `${(ms / 1000).toFixed(1)} s`;
    return `${store.name}: ok (${states[found] ?? found}): ${keys} keys, ${size(bytes)}, ${pages} pages${lost}, in ${time}\n`;
  }
  const lines = problems.map(({ page, what }) => `  ${page < 0 ? 'file' : `page ${page}`}: ${what}\n`);
  return (
    `${store.name}: DAMAGED (${states[found] ?? found}), at least ${problems.length} problems in ${store.directory}\n` +
    `${lines.join('')}  Restore a backup, or move the folder away to start with an empty store.\n`
  );
}

const states: Readonly<Record<string, string>> = {
  live: 'in use, as it was a moment ago',
  new: 'nothing stored yet',
  clean: 'closed in order',
  process_ended: 'its process ended without closing it',
  system_ended: 'the system ended while it was open; its last checkpoint was checked',
  unknown: 'nothing tells how it was left',
};

function unusable(message: string): TrunklineError {
  return new TrunklineError(cliErrors, 'option_invalid', message);
}

function secondsSince(started: number): string {
  return `${((systemClock.now() - started) / 1000).toFixed(1)} s`;
}

function size(bytes: number): string {
  return bytes < 2 ** 20 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
