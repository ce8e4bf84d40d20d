import { fileURLToPath } from 'node:url';
import type { BenchChild, ChildProcesses } from './child-processes.ts';
import { ClientFleet } from './client-fleet.ts';
import type { PublishCommand } from './event-publisher.ts';
import type { FleetConnectionOptions } from './fleet-connection.ts';
import type { MemoryUse } from './memory.ts';

/** A server that gives each event to all of its clients. */
export interface FeedTarget {
  readonly name: string;
  /** The process whose CPU counts. */
  readonly child: BenchChild;
  readonly protocol: FleetConnectionOptions['protocol'];
  readonly port: number;
  readonly path: string;
  /** What a WebSocket client asks for; undefined: it is subscribed by its connection. */
  readonly subscribe: string | undefined;
  command(command: PublishCommand): void;
  /** Ends publishing. @returns how many events were published since the last start */
  stop(): Promise<number>;
}

/** Opens clients of a target and subscribes them. */
export async function openFleet(
  children: ChildProcesses,
  target: FeedTarget,
  clients: number,
  processes = 1,
): Promise<ClientFleet> {
  const { protocol, port, path, subscribe } = target;
  const fleet = await ClientFleet.open(children, { protocol, port, path, clients, processes });
  if (subscribe !== undefined) await fleet.ask(subscribe);
  return fleet;
}

/** Commands that a server of `bench/processes/` takes beside those of its publisher. */
export type ServerCommand =
  | PublishCommand
  | { readonly kind: 'memory' }
  /** Publishes so many events before anybody listens. */
  | { readonly kind: 'fill'; readonly events: number; readonly bytes: number };

/** What it answers; `ready` comes by itself. */
export type ServerReply =
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'stop'; readonly sent: number }
  | { readonly kind: 'memory'; readonly memory: MemoryUse }
  | { readonly kind: 'fill' };

const replyTimeoutMs = 120_000;

/** A server of `bench/processes/`, in a process of its own. */
export class NodeTarget implements FeedTarget {
  readonly name: string;
  readonly child: BenchChild;
  readonly protocol = 'websocket';
  readonly path: string;
  readonly subscribe: string;
  #port = 0;

  private constructor(name: string, child: BenchChild, { path, subscribe }: NodeTargetOptions) {
    this.name = name;
    this.child = child;
    this.path = path;
    this.subscribe = subscribe;
  }

  /** @throws Error with its output, when it does not start */
  static async start(
    children: ChildProcesses,
    name: string,
    options: NodeTargetOptions,
  ): Promise<NodeTarget> {
    const file = fileURLToPath(new URL(`../processes/${options.script}.ts`, import.meta.url));
    const nodeOptions = ['--expose-gc', ...(options.nodeOptions ?? [])];
    const child = children.start(name, process.execPath, [...nodeOptions, file, ...(options.args ?? [])], {
      ipc: true,
    });
    const target = new NodeTarget(name, child, options);
    const { port } = await target.#reply('ready');
    target.#port = port;
    return target;
  }

  get port(): number {
    return this.#port;
  }

  command(command: ServerCommand): void {
    this.child.process.send(command);
  }

  async stop(): Promise<number> {
    const reply = this.#reply('stop');
    this.command({ kind: 'stop' });
    return (await reply).sent;
  }

  async memory(): Promise<MemoryUse> {
    const reply = this.#reply('memory');
    this.command({ kind: 'memory' });
    return (await reply).memory;
  }

  /** Publishes `events` events and resolves when they are where a replay reads them. */
  async fill(events: number, bytes: number): Promise<void> {
    const reply = this.#reply('fill');
    this.command({ kind: 'fill', events, bytes });
    await reply;
  }

  #reply<Kind extends ServerReply['kind']>(kind: Kind): Promise<Extract<ServerReply, { kind: Kind }>> {
    const { process: child } = this.child;
    return new Promise((resolve, reject) => {
      const finish = () => {
        clearTimeout(timer);
        child.off('message', onMessage);
        child.off('exit', onEnd);
      };
      const onMessage = (reply: ServerReply) => {
        if (reply.kind !== kind) return;
        finish();
        resolve(reply as Extract<ServerReply, { kind: Kind }>);
      };
      const onEnd = () => {
        finish();
        reject(new Error(`${this.name} gave no "${kind}": ${this.child.output}`));
      };
      const timer = setTimeout(onEnd, replyTimeoutMs);
      child.on('message', onMessage);
      child.on('exit', onEnd);
    });
  }
}

export interface NodeTargetOptions {
  /** Name of the file in `bench/processes/`. */
  readonly script: 'send-loop' | 'feed-server' | 'file-replay';
  readonly args?: readonly string[];
  readonly nodeOptions?: readonly string[];
  readonly path: string;
  readonly subscribe: string;
}
