import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { idleShare, lockMachine } from './harness/machine.ts';
import { writeResult } from './harness/results.ts';

type Options = Readonly<Record<string, string | number | boolean>>;

interface Benchmark {
  readonly doc: string;
  /** What each option means; numbers are options with a value. */
  readonly options: Readonly<
    Record<string, { readonly type: 'number' | 'text' | 'flag'; readonly doc: string }>
  >;
  /** Loaded when it runs, so that one benchmark's imports do not weigh on another. */
  run(options: Options): Promise<unknown>;
}

const number = (doc: string) => ({ type: 'number', doc }) as const;
const flag = (doc: string) => ({ type: 'flag', doc }) as const;
const text = (doc: string) => ({ type: 'text', doc }) as const;

const benchmarks: Readonly<Record<string, Benchmark>> = {
  gateway: {
    doc: 'pass-through HTTP read as a ratio to nginx, and CPU per request',
    options: {
      rounds: number('rounds; each measures every target once (5)'),
      seconds: number('length of one burst (4)'),
      connections: number('connections of wrk (32)'),
      threads: number('threads of wrk (1)'),
      referenceOnly: flag('nginx and the bare loop only'),
      unpinned: flag('leave the scheduler free instead of giving the proxy a core'),
      profile: text('folder for a CPU profile of Trunkline'),
    },
    run: async options => (await import('./gateway.ts')).run(options),
  },
  latency: {
    doc: 'added latency against direct requests at 1,000 requests/s, open loop',
    options: {
      rounds: number('rounds; each measures every target once (5)'),
      seconds: number('length of one burst (4)'),
      rate: number('requests a second (1000)'),
      referenceOnly: flag('direct, nginx and the bare loop only'),
    },
    run: async options => (await import('./latency.ts')).run(options),
  },
  failover: {
    doc: 'one of three providers killed, stopped, hanging, resetting, answering 500 or 429 under load',
    options: {
      rate: number('reads a second (500)'),
      requests: number('reads from the fault on (10000)'),
      only: text('one fault: killed, stopped, hanging, resetting, http-500, http-429'),
    },
    run: async options => (await import('./failover.ts')).run(options),
  },
  streams: {
    doc: 'events a second from three providers over WebSockets to one client',
    options: {
      rounds: number('rounds; each measures every target with every kind of event once (3)'),
      seconds: number('length of one burst (4)'),
      referenceOnly: flag('the bare relay only'),
    },
    run: async options => (await import('./streams.ts')).run(options),
  },
  feed: {
    doc: 'the event feed: fan-out beside nats-server, many clients, provider to client, replay, failover soak',
    options: {
      rounds: number('rounds; each measures every target once (5 of the fan-out, 3 of the others)'),
      seconds: number('length of one burst (4)'),
      clients: number('clients of the fan-out (1000)'),
      processes: number('processes that the clients of the fan-out are spread over (1)'),
      connections: number('connections of the many clients (5000)'),
      rate: number('events a second, end to end (10000)'),
      events: number('events of the history that is replayed (200000)'),
      soakSeconds: number('length of the failover soak (60); in full: node bench/feed/soak.ts --minutes 30'),
      only: text('one part: fan-out, clients, end-to-end, replay or soak'),
      referenceOnly: flag('ws.send, nats-server, file and relay only'),
      profile: text('folder for CPU profiles of Trunkline, of fan-out and replay'),
    },
    run: async options => (await import('./feed.ts')).run(options),
  },
  solana: {
    doc: 'Geyser stream beside the vendor’s client, memory, sessions, recovery, the steps of an update',
    options: {
      rounds: number('rounds; each measures every target once (5 of the stream, 7 of the steps)'),
      seconds: number('length of one burst of the stream, and of sending events for sessions (3, 15)'),
      minutes: number('length of the memory run and of the recovery (1); in full 10 and 5'),
      only: text('one part: stream, update, memory, session, recovery; decode, parse, runtime'),
      profile: text('folder for CPU profiles of Trunkline, of the stream'),
    },
    run: async options => (await import('./solana.ts')).run(options),
  },
  aggregator: {
    doc: 'de-duplication in process: messages a second, and memory over a long run',
    options: { messages: number('messages (20000000)') },
    run: async options => (await import('./aggregator.ts')).run(options),
  },
  storage: {
    doc: 'the RESP port beside redis-server, typed calls beside lmdb on the main thread, death of the storage thread',
    options: {
      rounds: number('rounds; each measures every target once per load (5)'),
      requests: number('commands of a load at a pipeline of 16 (800000)'),
      seconds: number('length of one burst of typed calls (2)'),
      deaths: number('deaths of the storage thread (10)'),
      durability: text('memory, commit or fsync (commit)'),
      preset: text('storage.preset of the typed calls (balanced)'),
      keys: number('random keys out of this many; 1 is one key (1)'),
      only: text('one part: resp, typed or recovery'),
      profile: text('folder for CPU profiles of Trunkline'),
    },
    run: async options => (await import('./storage.ts')).run(options),
  },
  otp: {
    doc: 'call round trip, crash to restart, bytes of an idle process, start of 10,000 children',
    options: {},
    run: async () => (await import('./otp.ts')).run(),
  },
};

const lockTimeoutMs = 600_000;
const quietShare = 0.8;
const resultsFolder = fileURLToPath(new URL('results', import.meta.url));

await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<void> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--list' || name === '--help') return list();
  const benchmark = benchmarks[name];
  if (benchmark === undefined)
    return fail(`no benchmark ${name}; there are ${Object.keys(benchmarks).join(', ')}`);
  const options = readOptions(benchmark, rest);
  if (typeof options === 'string') return fail(options);
  console.log(`${name}: ${benchmark.doc}`);
  try {
    using _lock = await lockMachine(lockTimeoutMs, () =>
      console.log('  another benchmark runs on this machine: waiting'),
    );
    const idleBefore = await idleShare();
    if (idleBefore !== undefined && idleBefore < quietShare) {
      console.log(`  only ${Math.round(100 * idleBefore)} % of the machine is idle: do not trust the times`);
    }
    const result = await benchmark.run(options);
    const idleAfter = await idleShare();
    console.log(
      `written to ${await writeResult(resultsFolder, { name, options, idleBefore, idleAfter, result })}`,
    );
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}

function list(): void {
  console.log('npm run bench -- <name> [options]\n');
  for (const [name, { doc, options }] of Object.entries(benchmarks)) {
    console.log(`  ${name.padEnd(12)}${doc}`);
    for (const [option, { type, doc: meaning }] of Object.entries(options)) {
      console.log(`${' '.repeat(16)}--${kebab(option)}${type === 'flag' ? '' : ' …'}  ${meaning}`);
    }
  }
}

function readOptions(benchmark: Benchmark, args: readonly string[]): Options | string {
  const known = Object.entries(benchmark.options);
  const spec = Object.fromEntries(
    known.map(([name, { type }]) => [kebab(name), { type: type === 'flag' ? 'boolean' : 'string' } as const]),
  );
  try {
    const { values } = parseArgs({ args: [...args], options: spec, strict: true });
    const options: Record<string, string | number | boolean> = {};
    for (const [name, { type }] of known) {
      const value = values[kebab(name)];
      if (value === undefined) continue;
      options[name] = type === 'number' ? Number(value) : value;
      if (Number.isNaN(options[name])) return `--${kebab(name)} takes a number`;
    }
    return options;
  } catch (error) {
    return (error as Error).message;
  }
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 1;
}
