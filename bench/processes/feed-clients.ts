import { FleetConnection, type FleetConnectionOptions } from '../harness/fleet-connection.ts';
import { type LatencyCounts, LatencyHistogram } from '../harness/latency-histogram.ts';
import { now } from '../harness/now.ts';
import { stampIn } from '../harness/stamp.ts';

/** What the benchmark may ask of a process full of clients. Each request is answered with a `FleetReply` of its kind. */
export type FleetRequest =
  /** `{n}` in the path becomes the number of the connection, from `from` on. */
  | ({ readonly kind: 'open'; readonly count: number; readonly from: number } & Pick<
      FleetConnectionOptions,
      'protocol' | 'port' | 'path'
    >)
  /** Each connection asks `perConnection` times; `{n}` becomes a number that no other request has. */
  | { readonly kind: 'ask'; readonly request: string; readonly perConnection: number; readonly from: number }
  /** Begins to count anew; says `progress` after each `progressEvery` events of all its connections; 0: never. */
  | { readonly kind: 'count'; readonly progressEvery: number; readonly withLatency: boolean }
  | { readonly kind: 'report' };

/** What the clients have received since they began to count. */
export interface FleetCount {
  readonly events: number;
  readonly bytes: number;
  /** Of the connection with the fewest and the most. */
  readonly fewest: number;
  readonly most: number;
  /** From the stamp to the process, milliseconds. */
  readonly latency: LatencyCounts;
  /** `now()` of the last event. */
  readonly lastAt: number;
  readonly failures: readonly string[];
}

export type FleetReply =
  | { readonly kind: 'open' | 'ask' | 'count' }
  | { readonly kind: 'progress'; readonly events: number }
  | { readonly kind: 'failed'; readonly message: string }
  | ({ readonly kind: 'report' } & FleetCount);

const handshakesAtOnce = 100;
const connections: FleetConnection[] = [];
const latency = new LatencyHistogram();
let events = 0;
let bytesRead = 0;
let lastAt = 0;
let progressEvery = 0;
let withLatency = false;

process.on('disconnect', () => process.exit());
process.on('message', async (request: FleetRequest) => {
  try {
    if (request.kind === 'open') await open(request);
    else if (request.kind === 'ask') await ask(request);
    else if (request.kind === 'count') {
      progressEvery = request.progressEvery;
      withLatency = request.withLatency;
      events = bytesRead = lastAt = 0;
      latency.clear();
      for (const connection of connections) connection.events = 0;
    }
    reply(request.kind === 'report' ? report() : { kind: request.kind });
  } catch (error) {
    reply({ kind: 'failed', message: (error as Error).message });
  }
});

async function open({ count, from, protocol, port, path }: FleetRequest & { kind: 'open' }): Promise<void> {
  for (let opened = 0; opened < count; opened += handshakesAtOnce) {
    const some = Array.from({ length: Math.min(handshakesAtOnce, count - opened) }, (_, at) => {
      const own = path.replaceAll('{n}', String(from + opened + at));
      return new FleetConnection({ protocol, port, path: own, onEvent });
    });
    connections.push(...some);
    await Promise.all(some.map(connection => connection.opened));
  }
}

async function ask({ request, perConnection, from }: FleetRequest & { kind: 'ask' }): Promise<void> {
  let number = from;
  for (let at = 0; at < connections.length; at += handshakesAtOnce) {
    await Promise.all(
      connections.slice(at, at + handshakesAtOnce).map(connection => {
        const requests = Array.from({ length: perConnection }, () =>
          request.replaceAll('{n}', String(number++)),
        );
        return connection.ask(requests);
      }),
    );
  }
}

function onEvent(_connection: FleetConnection, bytes: Buffer, start: number, end: number): void {
  events++;
  bytesRead += end - start;
  if (withLatency) {
    lastAt = now();
    latency.add(lastAt - stampIn(bytes, start, end));
  }
  if (progressEvery > 0 && events % progressEvery === 0) {
    lastAt = now();
    reply({ kind: 'progress', events });
  }
}

function report(): FleetReply {
  const counts = connections.map(connection => connection.events);
  return {
    kind: 'report',
    events,
    bytes: bytesRead,
    fewest: counts.reduce((least, count) => Math.min(least, count), Number.POSITIVE_INFINITY),
    most: counts.reduce((most, count) => Math.max(most, count), 0),
    latency: latency.counts(),
    lastAt,
    failures: [...new Set(connections.flatMap(({ failure }) => failure ?? []))].slice(0, 5),
  };
}

function reply(message: FleetReply): void {
  process.send?.(message);
}
