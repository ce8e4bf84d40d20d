import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);

/** Why a test with a browser cannot run; `false`: it can. */
export const noBrowser: string | false = chromium === undefined ? 'there is no chromium' : false;

/** Opens a page in a Chromium without a window, with a profile of its own; the test's end closes it. */
export async function browse(t: { after(fn: () => Promise<void>): void }, url: string): Promise<void> {
  const profile = await mkdtemp(join(tmpdir(), 'trunkline-browser-'));
  const options = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run'];
  // Without remote debugging it prints the page and leaves.
  const own = [`--user-data-dir=${profile}`, '--remote-debugging-port=0'];
  const browser = spawn(chromium!, [...options, ...own, url], { stdio: 'ignore', detached: true });
  const ended = new Promise(resolve => browser.once('close', resolve));
  t.after(async () => {
    // Its own helpers, too: they would go on writing to the profile while it is removed.
    if (browser.pid !== undefined) process.kill(-browser.pid, 'SIGKILL');
    await ended;
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  });
}
