import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { findFreePort } from '../../src/devnet/free-port.ts';
import { ChildProcesses } from '../harness/child-processes.ts';
import { now } from '../harness/now.ts';
import { TrunklineProcess } from '../harness/trunkline.ts';
import { SoakChain } from './soak/soak-chain.ts';
import { type ClientReport, EthSoakClient, FeedSoakClient, type SoakClient } from './soak/soak-client.ts';
import { SoakFaults, seededRandom } from './soak/soak-faults.ts';
import { faultList, isClean, soakReport } from './soak/soak-report.ts';

/** Options of the soak. */
export interface SoakOptions {
  /** Seconds of faults; start and end come on top. @default 60 */
  readonly seconds?: number;
  /** Milliseconds between two faults. @default 2000 */
  readonly faultMs?: number;
  /** Milliseconds between two blocks. @default 250 */
  readonly blockMs?: number;
  /** Blocks between two reorganisations; 0: none. @default 40 */
  readonly reorgBlocks?: number;
  /** Ends Trunkline with SIGKILL in the middle and starts it again. @default true */
  readonly kill?: boolean;
  /** Milliseconds after which one client cuts its connection, again and again. @default 5000 */
  readonly dropEveryMs?: number;
  /** Takes logs from raced subscriptions, and asks only where these do not add up. @default false */
  readonly race?: boolean;
  /** Repeats the faults of an earlier run. @default random */
  readonly seed?: number;
  /** Seconds after which the chain and the clients are reported on. @default 10 */
  readonly reportSeconds?: number;
  /** Takes lines on how it goes. @default console.log */
  readonly say?: (line: string) => void;
}

/** How the soak went. */
export interface SoakResult {
  readonly isGood: boolean;
  readonly seed: number;
  readonly blocks: number;
  readonly logs: number;
  readonly reorgs: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly clients: readonly ClientReport[];
}

const mostLogs = 6;
const settleMs = 30_000;
/** Characters of what Trunkline wrote last, shown when something is wrong. */
const mostOutput = 6_000;
/** Faults come every two seconds: who waits longer for a provider to recover sees none of them well. */
const chain = {
  block_time: '500ms',
  circuit_breaker: { recovery_timeout: '300ms', max_recovery_timeout: '1s' },
  websocket: { ping_interval: '1s', ping_timeout: '500ms', reconnect_min: '50ms', reconnect_max: '500ms' },
};

/**
 * A real chain behind three simulated providers, of which one falls ill every two seconds; a Trunkline that is killed in
 * the middle; clients that must have, in the end, exactly the chain.
 */
export async function soak(options: SoakOptions = {}): Promise<SoakResult> {
  const { seconds = 60, faultMs = 2_000, blockMs = 250, reorgBlocks = 40, kill = true, race } = options;
  const { dropEveryMs = 5_000 } = options;
  const { seed = Math.floor(Math.random() * 2 ** 31), reportSeconds = 10, say = console.log } = options;
  const random = seededRandom(seed);
  await using children = new ChildProcesses();
  const source = await SoakChain.start();
  const clients: SoakClient[] = [];
  try {
    const directory = children.makeFolder();
    const port = await findFreePort('127.0.0.1');
    const start = () => startTrunkline(children, source, { directory, port, race: race === true });
    let trunkline = await start();
    const url = `ws://127.0.0.1:${port}`;
    const topics = ['bench.heads', `bench.logs.${source.contract}.*`];
    clients.push(
      new FeedSoakClient('/feed', `${url}/feed`, topics),
      new FeedSoakClient('/feed, resuming', `${url}/feed`, topics, dropEveryMs),
      new EthSoakClient('eth_subscribe', `${url}/rpc/bench`, source.contract),
    );
    await Promise.all(clients.map(client => client.start()));
    const first = await source.height;
    const faults = new SoakFaults(source.devnet, random);
    say(`  ${seconds} s from block ${first}, seed ${seed}`);
    const startedAt = now();
    const elapsed = () => now() - startedAt;
    const stages = { fault: faultMs, report: reportSeconds * 1_000, killed: !kill, blocks: 0 };
    while (elapsed() < seconds * 1_000) {
      const blockAt = elapsed() + blockMs;
      if (reorgBlocks > 0 && ++stages.blocks % reorgBlocks === 0)
        await source.reorganize(1 + Math.floor(random() * 3));
      await source.mine(Math.floor(random() * mostLogs));
      if (elapsed() >= stages.fault) {
        stages.fault += faultMs;
        await faults.next();
      }
      if (elapsed() >= stages.report) {
        stages.report += reportSeconds * 1_000;
        say(
          `  ${Math.round(elapsed() / 1_000)} s: block ${await source.height}, ${faultList(faults.counts)}`,
        );
      }
      if (!stages.killed && elapsed() >= seconds * 500) {
        stages.killed = true;
        for (const client of clients) client.expectCuts(true);
        say(`  ${Math.round(elapsed() / 1_000)} s: kill -9`);
        trunkline.child.signal('SIGKILL');
        // Blocks go on meanwhile.
        for (let block = 0; block < 3; block++) await source.mine(mostLogs);
        await faults.healAll();
        trunkline = await start();
        await Promise.all(clients.map(client => untilReached(client, source, say)));
        for (const client of clients) client.expectCuts(false);
      }
      await delay(Math.max(0, blockAt - elapsed()));
    }
    await faults.healAll();
    for (let block = 0; block < 3; block++) await source.mine(mostLogs);
    const isSettled = await Promise.all(clients.map(client => untilReached(client, source, say)));
    const blocks = await source.finalBlocks(first + 1);
    const reports = clients.map(client => client.report(blocks));
    const result = {
      isGood: isSettled.every(Boolean) && reports.every(isClean),
      seed,
      blocks: blocks.length,
      logs: blocks.reduce((sum, { logIndexes }) => sum + logIndexes.length, 0),
      reorgs: source.reorgs,
      faults: faults.counts,
      clients: reports,
    };
    say(soakReport(result));
    if (!result.isGood) say(trunkline.child.output.slice(-mostOutput));
    return result;
  } finally {
    for (const client of clients) client.stop();
    await source.stop();
  }
}

/** A Trunkline in front of the providers; the one after a SIGKILL has the port and the storage of the one before. */
async function startTrunkline(
  children: ChildProcesses,
  { devnet }: SoakChain,
  { directory, port, race }: { readonly directory: string; readonly port: number; readonly race: boolean },
): Promise<TrunklineProcess> {
  return TrunklineProcess.start(children, {
    port,
    providers: devnet.providers.map(({ id, url, wsUrl }) => ({ id, url, ws_url: wsUrl })),
    chain: { ...chain, aggregation: { log_source: race ? 'race' : 'fetch' } },
    sections: { storage: { directory } },
  });
}

/** Waits until a client has all that is on the chain; false: it has not, after half a minute. */
async function untilReached(
  client: SoakClient,
  source: SoakChain,
  say: (line: string) => void,
): Promise<boolean> {
  for (const end = now() + settleMs; now() < end; ) {
    const [newest] = await source.finalBlocks(await source.height);
    if (newest !== undefined && client.hasReached(newest)) return true;
    await delay(50);
  }
  say(`  ${client.name} has not reached the newest block`);
  return false;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string' },
      seconds: { type: 'string' },
      seed: { type: 'string' },
      'no-kill': { type: 'boolean' },
      race: { type: 'boolean' },
    },
  });
  const result = await soak({
    seconds: values.seconds === undefined ? 60 * Number(values.minutes ?? 30) : Number(values.seconds),
    reportSeconds: values.seconds === undefined ? 30 : 10,
    kill: values['no-kill'] !== true,
    race: values.race === true,
    ...(values.seed === undefined ? {} : { seed: Number(values.seed) }),
  });
  process.exitCode = result.isGood ? 0 : 1;
}
