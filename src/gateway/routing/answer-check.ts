import { parseQuantity } from '../../chains/evm/quantity.ts';
import type { ScannedResponse } from '../../protocol/json-rpc/scan-response.ts';
import type { GatewayCall } from '../call.ts';

const numberKey = Buffer.from('"number":"');
const blockNumberKey = Buffer.from('"blockNumber":"');

/** Whether `result` is the literal `null`. */
export function isNullResult(body: Buffer, scanned: ScannedResponse): boolean {
  return (
    scanned.resultStart >= 0 &&
    scanned.resultEnd - scanned.resultStart === 4 &&
    body[scanned.resultStart] === 0x6e
  );
}

/**
 * The block number that an answer shows its reader: of `eth_blockNumber`, of a block read at `latest`, of a mined
 * transaction or receipt. Undefined for every other answer. Reads bytes only; the result is never decoded.
 */
export function shownBlock(call: GatewayCall, body: Buffer, scanned: ScannedResponse): number | undefined {
  const start = scanned.resultStart;
  if (start < 0) return undefined;
  const { method } = call;
  if (method === 'eth_blockNumber') return parseQuantity(body, start, scanned.resultEnd);
  if (method === 'eth_getBlockByNumber') {
    return showsHead(call) ? quantityAfter(numberKey, body, scanned) : undefined;
  }
  return call.policy.class === 'tx_lookup' ? quantityAfter(blockNumberKey, body, scanned) : undefined;
}

/** Whether the answer's reader takes a number from it for the chain's newest block. */
export function showsHead(call: GatewayCall): boolean {
  const { demand, method } = call;
  if (method === 'eth_blockNumber') return true;
  return method === 'eth_getBlockByNumber' && demand.kind === 'tag' && demand.tag === 'latest';
}

function quantityAfter(key: Buffer, body: Buffer, scanned: ScannedResponse): number | undefined {
  const at = body.indexOf(key, scanned.resultStart);
  if (at < 0 || at >= scanned.resultEnd) return undefined;
  const start = at + key.length - 1;
  const end = body.indexOf(0x22, start + 1);
  return end < 0 ? undefined : parseQuantity(body, start, end + 1);
}
