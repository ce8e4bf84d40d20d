import { systemClock } from '../../src/clock/system-clock.ts';
import { Devnet, type DevnetOptions } from '../../src/devnet/devnet.ts';
import { FaultProxy, type FaultProxyOptions } from '../../src/devnet/fault-proxy.ts';
import { silentLog } from '../../src/telemetry/log.ts';

/** What ends what a test has started: the context of a test, or `{ after }` of `node:test` for a whole file. */
export interface Cleanup {
  after(end: () => void | Promise<void>): void;
}

const deps = { clock: systemClock, log: silentLog };

/** Starts an anvil behind simulated providers on free ports, stopped after the test; a block per transaction by default. */
export async function startDevnet(cleanup: Cleanup, options: Partial<DevnetOptions> = {}): Promise<Devnet> {
  const devnet = new Devnet({ chain: 'devnet', chainId: 31_337, ...options }, deps);
  cleanup.after(() => devnet.stop());
  await devnet.start();
  return devnet;
}

/** Starts one simulated provider in front of any `http://` upstream, stopped after the test. */
export async function startFaultProxy(
  cleanup: Cleanup,
  upstreamUrl: string,
  options: Partial<FaultProxyOptions> = {},
): Promise<FaultProxy> {
  const proxy = new FaultProxy({ id: 'node-1', upstreamUrl, key: 'canary-5f2a9c', ...options }, deps);
  cleanup.after(() => proxy.stop());
  await proxy.start();
  return proxy;
}
