import type { BenchChild, ChildProcesses } from '../harness/child-processes.ts';
import { ask, processScript, startNode } from './node-child.ts';

/** What the endpoint has done since it started. */
export interface GeyserReplayReport {
  /** Transactions that were written. */
  readonly sent: number;
  /** Milliseconds during which it could not write, because its client did not read. */
  readonly waitedMs: number;
}

/** A Geyser endpoint in a process of its own that sends as fast as its client reads. */
export class GeyserReplay {
  readonly child: BenchChild;
  readonly port: number;

  private constructor(child: BenchChild, port: number) {
    this.child = child;
    this.port = port;
  }

  static async start(children: ChildProcesses): Promise<GeyserReplay> {
    const { child, ready } = await startNode<{ port: number }>(
      children,
      'Geyser endpoint',
      processScript('geyser-replay'),
    );
    return new GeyserReplay(child, ready.port);
  }

  report(): Promise<GeyserReplayReport> {
    return ask<GeyserReplayReport>(this.child, {});
  }
}
