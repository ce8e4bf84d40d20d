import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';

/** Where the backup of a config file stands: `chains.yaml` has `chains.backup.yaml` beside it. */
export function backupPath(configPath: string): string {
  const extension = extname(configPath);
  return join(dirname(configPath), `${basename(configPath, extension)}.backup${extension}`);
}

/**
 * Keeps `text` as the backup of the config file at `configPath`, readable by the owner only. The file is there in whole
 * or not at all.
 *
 * @throws the system's error when the directory cannot be written.
 */
export async function writeBackup(configPath: string, text: string): Promise<void> {
  const target = backupPath(configPath);
  const temporary = `${target}.${randomUUID()}.tmp`;
  try {
    // Exclusive: a link planted under this name is not followed. The rename replaces a link as well.
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
