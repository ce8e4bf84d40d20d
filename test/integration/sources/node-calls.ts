import type { ChainCalls } from '../../../src/chains/chain-calls.ts';
import { TrunklineError } from '../../../src/errors/trunkline-error.ts';

const failure = { own_call_failed: { sentence: 'it failed' } };

/** Calls straight to a node. */
export function callsTo(port: number): ChainCalls {
  return {
    async call(method, params) {
      const response = await fetch(`http://127.0.0.1:${port}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      });
      const { result, error } = (await response.json()) as {
        result?: unknown;
        error?: { code: number; message: string };
      };
      if (error === undefined) return result;
      throw new TrunklineError(failure, 'own_call_failed', error.message, {
        details: { rpcCode: error.code },
      });
    },
  };
}
