import { fileURLToPath } from 'node:url';
import type { FleetCount, FleetReply, FleetRequest } from '../processes/feed-clients.ts';
import type { BenchChild, ChildProcesses } from './child-processes.ts';
import type { FleetConnectionOptions } from './fleet-connection.ts';
import { LatencyHistogram } from './latency-histogram.ts';

/** Many clients of one server. */
export interface FleetOptions extends Pick<FleetConnectionOptions, 'protocol' | 'port' | 'path'> {
  /** Connections in all. */
  readonly clients: number;
  /** Processes that they are spread over. @default 1 */
  readonly processes?: number;
}

/** What all the clients have received since they began to count. */
export interface FleetReport extends Omit<FleetCount, 'latency'> {
  readonly latency: LatencyHistogram;
}

const file = fileURLToPath(new URL('../processes/feed-clients.ts', import.meta.url));
const replyTimeoutMs = 60_000;

/** Clients in processes of their own, so that the server's CPU is measured alone. */
export class ClientFleet {
  readonly clients: number;
  readonly #processes: readonly FleetProcess[];
  /** Called with the number of events that every process has given each of its clients, on average, whenever it grows. */
  onProgress: (events: number) => void = () => {};

  private constructor(clients: number, processes: readonly FleetProcess[]) {
    this.clients = clients;
    this.#processes = processes;
    for (const process of processes) process.onProgress = () => this.onProgress(this.#eventsOfSlowest());
  }

  /** @throws Error when one of the connections is refused */
  static async open(children: ChildProcesses, options: FleetOptions): Promise<ClientFleet> {
    const { clients, processes = 1, protocol, port, path } = options;
    const counts = Array.from(
      { length: processes },
      (_, at) => Math.floor(clients / processes) + (at < clients % processes ? 1 : 0),
    );
    const fleet = new ClientFleet(
      clients,
      counts.map(count => new FleetProcess(children, count)),
    );
    let from = 1;
    await fleet.#askAll(({ clients: count }) => {
      const own = { kind: 'open', count, from, protocol, port, path } as const;
      from += count;
      return own;
    });
    return fleet;
  }

  /** Each client sends `request` `perConnection` times, `{n}` in it becoming a number of its own, and gets its answers. */
  async ask(request: string, perConnection = 1): Promise<void> {
    let from = 1;
    await this.#askAll(({ clients }) => {
      const own = { kind: 'ask', request, perConnection, from } as const;
      from += clients * perConnection;
      return own;
    });
  }

  /** Counts from zero; `onProgress` is called each time a client, on average, has received `progressEvery` more. */
  async count(progressEvery: number, withLatency = false): Promise<void> {
    for (const process of this.#processes) process.progress = 0;
    await this.#askAll(({ clients }) => ({
      kind: 'count',
      progressEvery: progressEvery * clients,
      withLatency,
    }));
  }

  async report(): Promise<FleetReport> {
    const replies = await this.#askAll(() => ({ kind: 'report' }));
    const latency = new LatencyHistogram();
    for (const reply of replies) latency.merge(reply.latency);
    const sum = (key: 'events' | 'bytes') => replies.reduce((total, reply) => total + reply[key], 0);
    return {
      events: sum('events'),
      bytes: sum('bytes'),
      fewest: Math.min(...replies.map(({ fewest }) => fewest)),
      most: Math.max(...replies.map(({ most }) => most)),
      lastAt: Math.max(...replies.map(({ lastAt }) => lastAt)),
      failures: [...new Set(replies.flatMap(({ failures }) => failures))],
      latency,
    };
  }

  /** Ends the processes, connections and all. */
  async close(): Promise<void> {
    await Promise.all(this.#processes.map(({ child }) => child.stop()));
  }

  #eventsOfSlowest(): number {
    return Math.min(...this.#processes.map(({ progress, clients }) => Math.floor(progress / clients)));
  }

  #askAll<Kind extends FleetRequest['kind']>(
    request: (process: FleetProcess) => Extract<FleetRequest, { kind: Kind }>,
  ): Promise<Extract<FleetReply, { kind: Kind }>[]> {
    return Promise.all(this.#processes.map(process => process.ask<Kind>(request(process))));
  }
}

/** One process full of clients. */
class FleetProcess {
  readonly clients: number;
  readonly child: BenchChild;
  /** Events of all its clients, as it said last. */
  progress = 0;
  onProgress: () => void = () => {};

  constructor(children: ChildProcesses, clients: number) {
    this.clients = clients;
    this.child = children.start('clients', process.execPath, [file], { ipc: true });
    this.child.process.setMaxListeners(20);
    this.child.process.on('message', (reply: FleetReply) => {
      if (reply.kind !== 'progress') return;
      this.progress = reply.events;
      this.onProgress();
    });
  }

  ask<Kind extends FleetRequest['kind']>(
    request: Extract<FleetRequest, { kind: Kind }>,
  ): Promise<Extract<FleetReply, { kind: Kind }>> {
    const { process: child } = this.child;
    return new Promise((resolve, reject) => {
      const finish = (error?: Error) => {
        clearTimeout(timer);
        child.off('message', onMessage);
        child.off('exit', onExit);
        if (error !== undefined) reject(error);
      };
      const onMessage = (reply: FleetReply) => {
        if (reply.kind === 'failed') finish(new Error(`a client failed: ${reply.message}`));
        else if (reply.kind === request.kind) {
          finish();
          resolve(reply as Extract<FleetReply, { kind: Kind }>);
        }
      };
      const onExit = () => finish(new Error(`the clients ended: ${this.child.output}`));
      const timer = setTimeout(
        () => finish(new Error(`the clients did not answer "${request.kind}": ${this.child.output}`)),
        replyTimeoutMs,
      );
      child.on('message', onMessage);
      child.on('exit', onExit);
      child.send(request);
    });
  }
}
