import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Kills a child process when this process ends, however it ends.
 *
 * `exit` handlers do not run on SIGKILL, on a crash of the runtime, or on a signal without a handler, and anvil has
 * no option to end with its parent. So a shell of about 1 MB waits for the end of a pipe that only this process
 * holds: the kernel closes it whatever happens, and the shell kills the child's process group. The child must
 * have been started `detached`, as the leader of its group: the id of a group is not reused while one member lives.
 * Windows has no shell for this; there only the `exit` handler applies.
 */
export class ParentGuard {
  readonly #pid: number;
  #shell: ChildProcess | undefined;
  readonly #onExit = () => killGroup(this.#pid);

  constructor(pid: number) {
    this.#pid = pid;
    process.on('exit', this.#onExit);
    if (process.platform === 'win32') return;
    const shell = spawn(
      '/bin/sh',
      ['-c', 'read -r _; kill -KILL "-$1" 2>/dev/null', 'trunkline-devnet-guard', String(pid)],
      {
        stdio: ['pipe', 'ignore', 'ignore'],
        detached: true,
        env: {},
      },
    );
    shell.on('error', () => {});
    shell.unref();
    const pipe = shell.stdin;
    pipe?.on('error', () => {});
    if (pipe !== null && 'unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
    this.#shell = shell;
  }

  /** Ends the guard without touching the child; call it once the child has ended. */
  release(): void {
    process.off('exit', this.#onExit);
    this.#shell?.kill('SIGKILL');
    this.#shell = undefined;
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // it has ended already
  }
}
