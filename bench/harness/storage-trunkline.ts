import { findFreePort } from '../../src/devnet/free-port.ts';
import { ChainStub } from './chain-stub.ts';
import type { BenchChild, ChildProcesses } from './child-processes.ts';
import { answersPing } from './redis.ts';
import { TrunklineProcess } from './trunkline.ts';
import { waitFor } from './wait-for.ts';

/** What is not at its default. */
export interface StorageTrunklineOptions {
  readonly durability: string;
  /** Folder for CPU profiles. @default no profile */
  readonly profile?: string | undefined;
}

/** A Trunkline whose RESP port is measured, in front of a stub of a chain that stays idle. */
export class StorageTrunkline implements Disposable {
  readonly #stub: ChainStub;
  /** The RESP port. */
  readonly port: number;
  readonly child: BenchChild;

  private constructor(stub: ChainStub, port: number, child: BenchChild) {
    this.#stub = stub;
    this.port = port;
    this.child = child;
  }

  /** @throws Error with its output, when it does not answer within 20 seconds */
  static async start(
    children: ChildProcesses,
    { durability, profile }: StorageTrunklineOptions,
  ): Promise<StorageTrunkline> {
    const stub = new ChainStub();
    const chainPort = await stub.start();
    const port = await findFreePort('127.0.0.1');
    const { child } = await TrunklineProcess.start(children, {
      providers: [{ id: 'stub', url: `http://127.0.0.1:${chainPort}/` }],
      sections: { storage: { directory: children.makeFolder(), durability, resp: { port } } },
      nodeOptions: profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profile],
    });
    await waitFor(child, () => answersPing(port));
    return new StorageTrunkline(stub, port, child);
  }

  [Symbol.dispose](): void {
    this.#stub.stop();
  }
}
