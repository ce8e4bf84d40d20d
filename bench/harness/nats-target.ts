import type { Socket } from 'node:net';
import type { BenchChild, ChildProcesses } from './child-processes.ts';
import { EventPublisher, type PublishCommand } from './event-publisher.ts';
import type { FeedTarget } from './feed-target.ts';
import { connectNats, publication, startNats } from './nats-server.ts';

const subject = 'events';

/** A nats-server, and a publisher that speaks its text protocol from the benchmark's own process. */
export class NatsTarget implements FeedTarget {
  readonly name = 'nats-server';
  readonly child: BenchChild;
  readonly protocol = 'nats';
  readonly port: number;
  readonly path = subject;
  readonly subscribe = undefined;
  readonly #publisher: EventPublisher;

  private constructor(child: BenchChild, port: number, socket: Socket) {
    this.child = child;
    this.port = port;
    this.#publisher = new EventPublisher(
      events => socket.write(Buffer.concat(events.flatMap(event => publication(subject, event)))),
      () => !socket.writableNeedDrain,
    );
  }

  static async start(children: ChildProcesses): Promise<NatsTarget> {
    const { child, port } = await startNats(children);
    return new NatsTarget(child, port, connectNats(port));
  }

  command(command: PublishCommand): void {
    this.#publisher.command(command);
  }

  async stop(): Promise<number> {
    this.command({ kind: 'stop' });
    return this.#publisher.sent;
  }
}
