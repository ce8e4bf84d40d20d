import type { Clock } from '../../../clock/clock.ts';
import type { Log } from '../../../telemetry/log.ts';
import { Bank } from '../bank/bank.ts';
import type { BankOptions } from '../bank/bank-options.ts';
import { eventProgramElf, eventProgramId } from '../event-program/event-program.ts';
import { GeyserServer } from '../geyser/geyser-server.ts';
import { RpcServer } from '../rpc/rpc-server.ts';
import type { NodeCommand, SolanaNodeOptions } from './node-protocol.ts';

/** A whole node: a bank, and JSON-RPC, WebSocket and Geyser in front of it. */
export class SolanaNode {
  readonly bank: Bank;
  readonly #options: SolanaNodeOptions;
  readonly #rpc: RpcServer;
  readonly #geyser: GeyserServer;

  constructor(options: SolanaNodeOptions, deps: { readonly clock: Clock; readonly log: Log }) {
    this.#options = options;
    const bankOptions: BankOptions = {
      ...options,
      programs: [{ id: eventProgramId, elf: eventProgramElf() }],
    };
    this.bank = new Bank(bankOptions, deps);
    this.#rpc = new RpcServer(this.bank, deps);
    this.#geyser = new GeyserServer(
      { bank: this.bank, port: options.geyserPort, token: options.geyserToken },
      deps,
    );
  }

  /**
   * Listens on both ports and begins with blocks.
   *
   * @throws Error when a port is taken
   */
  async start(): Promise<{ readonly port: number; readonly geyserPort: number }> {
    const port = await this.#rpc.start(this.#options.port);
    await this.#geyser.start();
    this.bank.start();
    return { port, geyserPort: this.#geyser.port };
  }

  async stop(): Promise<void> {
    this.bank.stop();
    this.#geyser.stop();
    await this.#rpc.stop();
  }

  /** Carries a command out; returns the slots that died of it. */
  run(command: NodeCommand): readonly number[] {
    if (command.method === 'fork') return this.bank.fork(command.depth, { drop: command.drop });
    if (command.method === 'skip') this.bank.skip(command.count);
    else this.#rpc.setLag(command.view, command.lag);
    return [];
  }
}
