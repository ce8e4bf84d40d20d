import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FailureClass } from '../../../../src/chains/chain-family.ts';
import { classifyHttp } from '../../../../src/chains/solana/classify-http.ts';

const rpc = (code: number, message: string) =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code, message } });
const cases: [status: number, body: string, failure: FailureClass | undefined][] = [
  [200, rpc(-32005, 'Node is behind by 9 slots'), undefined],
  [200, '<html><title>Too Many Requests</title></html>', 'rate_limited'],
  [200, '<html>hello</html>', 'failure'],
  [429, rpc(429, 'Too many requests for a specific RPC call'), 'rate_limited'],
  [503, '<html>503 Service Temporarily Unavailable</html>', 'failure'],
  [503, rpc(-32005, 'Node is unhealthy'), undefined],
  [500, rpc(-32002, 'Transaction simulation failed: custom program error: 0x1'), undefined],
  [500, rpc(-32603, 'Internal error'), 'failure'],
  [410, rpc(410, 'The RPC call or parameters have been disabled.'), 'elsewhere'],
  [410, rpc(410, 'getProgramAccounts is gone'), 'unsupported'],
  [403, rpc(403, 'Your IP or provider is blocked from this endpoint'), 'failure'],
  [403, rpc(403, 'getProgramAccounts method is not available on your plan'), 'unsupported'],
  [401, 'Invalid API key', 'failure'],
  [413, 'content length too large', 'elsewhere'],
  [400, rpc(-32602, 'Invalid param'), undefined],
  [400, 'Bad Request', 'elsewhere'],
];

describe('classifyHttp of Solana', () => {
  for (const [status, body, failure] of cases)
    it(`${status} ${body} → ${failure ?? 'read the JSON-RPC answer'}`, () =>
      assert.equal(classifyHttp(status, body), failure));
});
