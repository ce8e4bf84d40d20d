import { fileURLToPath } from 'node:url';
import type { ProviderReply, ProviderRequest } from '../processes/faulty-provider.ts';
import type { BenchChild, ChildProcesses } from './child-processes.ts';

const file = fileURLToPath(new URL('../processes/faulty-provider.ts', import.meta.url));
const replyTimeoutMs = 10_000;

/** A simulated provider in a process of its own. */
export class FaultyProvider {
  readonly child: BenchChild;
  readonly port: number;

  private constructor(child: BenchChild, port: number) {
    this.child = child;
    this.port = port;
  }

  /** @param head Number of the block that it stays at. */
  static async start(children: ChildProcesses, id: string, head: number): Promise<FaultyProvider> {
    const child = children.start(`provider ${id}`, process.execPath, [file, String(head)], { ipc: true });
    const { port } = await replyOf(child, 'ready');
    return new FaultyProvider(child, port);
  }

  async fault(fault: string, options: Readonly<Record<string, string | number>>): Promise<void> {
    await this.#ask({ kind: 'fault', fault, options }, 'faulted');
  }

  /** Reads that arrived since `since` (probes not counted), and when the last one did; both `now()` milliseconds. */
  report(since: number): Promise<{ readonly reads: number; readonly lastReadAt: number | undefined }> {
    return this.#ask({ kind: 'report', since }, 'report');
  }

  #ask<Kind extends ProviderReply['kind']>(
    request: ProviderRequest,
    kind: Kind,
  ): Promise<Extract<ProviderReply, { kind: Kind }>> {
    const reply = replyOf(this.child, kind);
    this.child.process.send(request);
    return reply;
  }
}

function replyOf<Kind extends ProviderReply['kind']>(
  child: BenchChild,
  kind: Kind,
): Promise<Extract<ProviderReply, { kind: Kind }>> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: ProviderReply): void => {
      if (message.kind !== kind) return;
      finish();
      resolve(message as Extract<ProviderReply, { kind: Kind }>);
    };
    const onEnd = (): void => {
      finish();
      reject(new Error(`${child.name} gave no ${kind}: ${child.output}`));
    };
    const timer = setTimeout(onEnd, replyTimeoutMs);
    const finish = (): void => {
      clearTimeout(timer);
      child.process.off('message', onMessage);
      child.process.off('exit', onEnd);
    };
    child.process.on('message', onMessage);
    child.process.on('exit', onEnd);
  });
}
