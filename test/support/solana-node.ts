import { systemClock } from '../../src/clock/system-clock.ts';
import { SolanaProcess, type SolanaProcessOptions } from '../../src/devnet/solana/node/solana-process.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import type { Cleanup } from './devnet.ts';

/** Starts an embedded Solana chain on free ports, stopped after the test; a block every 100 ms by default. */
export async function startSolanaNode(
  cleanup: Cleanup,
  options: Partial<SolanaProcessOptions> = {},
): Promise<SolanaProcess> {
  const node = new SolanaProcess(
    { chain: 'solana-devnet', blockTimeMs: 100, finalizeAfter: 4, ...options },
    { clock: systemClock, log: silentLog },
  );
  cleanup.after(() => node.stop());
  await node.start();
  return node;
}
