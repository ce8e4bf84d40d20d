import { systemClock } from '../../src/clock/system-clock.ts';
import { FaultProxy } from '../../src/devnet/fault-proxy.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { ChainStub } from '../harness/chain-stub.ts';
import { now } from '../harness/now.ts';
import { readMethod } from '../harness/read-call.ts';

/** What the benchmark may ask of a provider's process. */
export type ProviderRequest =
  | {
      readonly kind: 'fault';
      readonly fault: string;
      readonly options: Readonly<Record<string, string | number>>;
    }
  | { readonly kind: 'report'; readonly since: number };

/** The answer: where it listens (sent once, unasked), that the fault is there, how many reads came since then. */
export type ProviderReply =
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'faulted' }
  | { readonly kind: 'report'; readonly reads: number; readonly lastReadAt: number | undefined };

/** A simulated provider with faults on demand, in a process of its own so that it can be stopped and killed. */
const stub = new ChainStub(Number(process.argv[2]));
const stubPort = await stub.start();
const proxy = new FaultProxy(
  { id: 'provider', upstreamUrl: `http://127.0.0.1:${stubPort}/` },
  { clock: systemClock, log: silentLog },
);
await proxy.start();

const arrivals: { readonly at: number; readonly count: number }[] = [];
const maxArrivals = 100_000;
let reads = 0;
// Probes of the gateway go on for ever; the reads of its clients are what must end.
setInterval(look, 5);

process.on('disconnect', () => process.exit());
process.on('message', async (request: ProviderRequest) => {
  if (request.kind === 'report') {
    look();
    const later = arrivals.filter(({ at }) => at > request.since);
    const count = later.reduce((sum, arrival) => sum + arrival.count, 0);
    reply({ kind: 'report', reads: count, lastReadAt: later.at(-1)?.at });
  } else {
    await proxy.fault(request.fault, request.options);
    reply({ kind: 'faulted' });
  }
});
reply({ kind: 'ready', port: proxy.port });

function look(): void {
  const seen = proxy.counters().requestsByMethod[readMethod] ?? 0;
  if (seen === reads) return;
  if (arrivals.length < maxArrivals) arrivals.push({ at: now(), count: seen - reads });
  reads = seen;
}

function reply(message: ProviderReply): void {
  process.send?.(message);
}
