import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { classifyHttp } from '../../../../src/chains/evm/classify-http.ts';

const html429 =
  '<!DOCTYPE html><html><head><title>429 Too Many Requests</title></head><body>slow down</body></html>';
const html502 =
  '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body></html>';
const rpc = (code: number, message: string) =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code, message } });

const cases: [status: number, body: string, expected: string | undefined][] = [
  [200, rpc(-32000, 'header not found'), undefined],
  [200, ' [{"jsonrpc":"2.0"}]', undefined],
  [200, html429, 'rate_limited'],
  [
    200,
    `<html><head><style>${'p { margin: 0 } '.repeat(60)}</style><title>Too Many Requests</title>`,
    'rate_limited',
  ],
  [200, html502, 'failure'],
  [200, '', 'failure'],
  [204, '', 'failure'],
  [429, '', 'rate_limited'],
  [429, html429, 'rate_limited'],
  [429, rpc(-32005, 'project ID request rate exceeded'), 'rate_limited'],
  [500, '', 'failure'],
  [500, 'Internal Server Error', 'failure'],
  [502, html502, 'failure'],
  [503, rpc(-32011, 'no backends available for method'), 'failure'],
  [503, html429, 'rate_limited'],
  [503, 'rate limit exceeded', 'rate_limited'],
  [504, rpc(-32015, 'gateway timeout'), 'failure'],
  [522, 'error code: 522', 'failure'],
  [500, rpc(3, 'execution reverted'), undefined],
  [500, '{"jsonrpc":"2.0","id":1,"error":{"code": 3,"message":"x"}}', undefined],
  [500, rpc(-32000, 'VM Exception while processing transaction: revert'), undefined],
  [500, rpc(-32000, 'nonce too low'), undefined],
  [500, rpc(-32603, 'Internal error'), 'failure'],
  [400, rpc(-32602, 'invalid params'), undefined],
  [400, rpc(3, 'execution reverted: rate limit'), undefined],
  [400, '<html>Bad Request</html>', 'elsewhere'],
  [400, 'rate limit exceeded', 'rate_limited'],
  [401, '', 'failure'],
  [401, rpc(-32600, 'Must be authenticated!'), 'failure'],
  [402, 'Payment Required', 'failure'],
  [
    403,
    '{"jsonrpc":"2.0","error":{"code":-32001,"message":"rpc method is not whitelisted"},"id":1}',
    'unsupported',
  ],
  [403, 'Forbidden', 'failure'],
  [403, 'error code: 1015, you are being rate limited', 'rate_limited'],
  [404, 'Not Found', 'failure'],
  [404, rpc(-32601, 'Method not found'), undefined],
  [405, '', 'failure'],
  [408, '', 'failure'],
  [
    413,
    'Request Entity Too Large eth_getLogs and eth_newFilter are limited to a 10,000 blocks range',
    'too_large',
  ],
  [413, '<html>413 Request Entity Too Large</html>', 'elsewhere'],
  [422, 'Unprocessable', 'elsewhere'],
];

describe('classifyHttp', () => {
  for (const [status, body, expected] of cases) {
    it(`takes ${status} ${JSON.stringify(body.slice(0, 80))} as ${expected ?? 'a JSON-RPC response'}`, () => {
      assert.equal(classifyHttp(status, body), expected);
    });
  }
});
