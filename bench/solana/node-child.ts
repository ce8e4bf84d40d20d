import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { BenchChild, ChildProcesses } from '../harness/child-processes.ts';

const replyTimeoutMs = 60_000;

/** The path of a script of `bench/processes/`. */
export function processScript(name: string): string {
  return fileURLToPath(new URL(`../processes/${name}.ts`, import.meta.url));
}

/** Starts a script and waits for its first message. @throws Error with its output, when it ends or says nothing */
export async function startNode<Ready>(
  children: ChildProcesses,
  name: string,
  script: string,
  args: readonly string[] = [],
  nodeOptions: readonly string[] = [],
): Promise<{ readonly child: BenchChild; readonly ready: Ready }> {
  const child = children.start(name, process.execPath, [...nodeOptions, script, ...args], { ipc: true });
  return { child, ready: await nextMessage<Ready>(child) };
}

/** Sends a command and waits for the answer; one at a time. @throws Error with its output, when it ends or says nothing */
export function ask<Reply>(child: BenchChild, command: object): Promise<Reply> {
  const reply = nextMessage<Reply>(child);
  child.process.send(command);
  return reply;
}

async function nextMessage<Message>(child: BenchChild): Promise<Message> {
  const ended = new AbortController();
  const onEnd = () => ended.abort();
  child.process.once('exit', onEnd);
  try {
    const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(replyTimeoutMs)]);
    const [message] = (await once(child.process, 'message', { signal })) as [Message];
    return message;
  } catch (cause) {
    throw new Error(`${child.name} does not answer: ${child.output}`, { cause });
  } finally {
    child.process.off('exit', onEnd);
  }
}
