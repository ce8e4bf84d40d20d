import type { FetchBlock } from '../aggregation/head-fill.ts';
import type { FetchLogs } from '../aggregation/log-backfill.ts';
import type { Clock } from '../clock/clock.ts';
import type { Steering } from '../gateway/call.ts';
import type { CallPipeline } from '../gateway/call-pipeline.ts';
import { derivedCall } from '../gateway/calls.ts';
import type { ChainRuntime } from '../gateway/chain-directory.ts';
import { scanResponse } from '../protocol/json-rpc/scan-response.ts';

const id = Buffer.from('1');
const deadlineMs = 5_000;
/** For one provider of several that are asked in turn. */
const turnMs = 2_000;

/** The reads by which a chain's streams fill what they missed; they go the way of every client's call. */
export function chainReads(
  chain: ChainRuntime,
  pipeline: () => CallPipeline | undefined,
  clock: Clock,
): { readonly fetchBlock: FetchBlock; readonly fetchLogs: FetchLogs } {
  const read = (
    method: string,
    params: string,
    timeoutMs: number,
    steering: Steering = {},
  ): Promise<Buffer | undefined> =>
    new Promise(resolve => {
      const way = pipeline();
      if (way === undefined) return resolve(undefined);
      const call = derivedCall(chain, method, Buffer.from(params), {
        clientId: id,
        deadline: clock.now() + timeoutMs,
        steering,
      });
      way.handle(call, answer => {
        const scanned = answer.outcome === 'answered' ? scanResponse(answer.body) : undefined;
        resolve(
          scanned === undefined ? undefined : answer.body.subarray(scanned.resultStart, scanned.resultEnd),
        );
      });
    });
  return {
    fetchBlock: number => read('eth_getBlockByNumber', `["${hex(number)}",false]`, deadlineMs),
    fetchLogs: async ({ filter, fromBlock, toBlock, providerId }) => {
      const range = { ...(JSON.parse(filter) as object), fromBlock: hex(fromBlock), toBlock: hex(toBlock) };
      // A node that has not come to `toBlock` gives the logs that it has and says nothing of the others.
      const providers = chain.table.providers
        .filter(provider => (chain.heads.head(provider.id) ?? -1) >= toBlock)
        .sort((a, b) => Number(b.id === providerId) - Number(a.id === providerId));
      for (const provider of providers) {
        const logs = await read('eth_getLogs', JSON.stringify([range]), turnMs, { useProvider: provider.id });
        if (logs !== undefined) return logs;
      }
      throw new Error(`no provider gave the logs of blocks ${fromBlock} to ${toBlock}`);
    },
  };
}

function hex(number: number): string {
  return `0x${number.toString(16)}`;
}
