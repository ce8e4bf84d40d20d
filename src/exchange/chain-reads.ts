import type { Clock } from '../clock/clock.ts';
import type { CallPipeline } from '../gateway/call-pipeline.ts';
import { derivedCall } from '../gateway/calls.ts';
import type { ChainRuntime } from '../gateway/chain-directory.ts';
import { scanResponse } from '../protocol/json-rpc/scan-response.ts';

const id = Buffer.from('1');
const deadlineMs = 5_000;

/** A range of logs that a stream missed. */
export interface LogRange {
  /** The filter's JSON object, without a range. */
  readonly filter: string;
  readonly fromBlock: number;
  readonly toBlock: number;
  /** Asked first. */
  readonly providerId: string;
}

/** The reads by which a chain's streams fill what they missed; they go the way of every client's call. */
export function chainReads(chain: ChainRuntime, pipeline: () => CallPipeline | undefined, clock: Clock) {
  const read = (method: string, params: string): Promise<Buffer | undefined> =>
    new Promise(resolve => {
      const way = pipeline();
      if (way === undefined) return resolve(undefined);
      const call = derivedCall(chain, method, Buffer.from(params), {
        clientId: id,
        deadline: clock.now() + deadlineMs,
      });
      way.handle(call, answer => {
        const scanned = answer.outcome === 'answered' ? scanResponse(answer.body) : undefined;
        resolve(
          scanned === undefined ? undefined : answer.body.subarray(scanned.resultStart, scanned.resultEnd),
        );
      });
    });
  return {
    fetchBlock: (number: number) => read('eth_getBlockByNumber', `["${hex(number)}",false]`),
    fetchLogs: async ({ filter, fromBlock, toBlock }: LogRange): Promise<Buffer> => {
      const range = { ...(JSON.parse(filter) as object), fromBlock: hex(fromBlock), toBlock: hex(toBlock) };
      const logs = await read('eth_getLogs', JSON.stringify([range]));
      if (logs === undefined)
        throw new Error(`no provider gave the logs of blocks ${fromBlock} to ${toBlock}`);
      return logs;
    },
  };
}

function hex(number: number): string {
  return `0x${number.toString(16)}`;
}
