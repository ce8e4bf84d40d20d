import { type AnswerRules, isNull, type ShownPlace } from '../answer-rules.ts';
import type { BlockDemand, MethodPolicy } from '../chain-family.ts';
import { parseQuantity } from './quantity.ts';

/** The newest block is told by `eth_blockNumber` and by a block read at `latest`; mined transactions and receipts mention theirs. */
export const answerRules: AnswerRules = {
  missing: (_method, body, start, end) => (isNull(body, start, end) ? 1 : 0),
  shown,
  result: (method, number) => (method === 'eth_blockNumber' ? `"0x${number.toString(16)}"` : undefined),
};

function shown(
  policy: MethodPolicy,
  demand: BlockDemand,
  body: Buffer,
  start: number,
  end: number,
): ShownPlace | undefined {
  const { method } = policy;
  if (method === 'eth_blockNumber')
    return { line: 'head', number: parseQuantity(body, start, end), rule: 'checked' };
  if (method === 'eth_getBlockByNumber') {
    if (demand.kind !== 'tag' || demand.tag !== 'latest') return undefined;
    return { line: 'head', number: quantityAfter(NUMBER_KEY, body, start, end), rule: 'checked' };
  }
  if (policy.class !== 'tx_lookup') return undefined;
  const number = quantityAfter(BLOCK_NUMBER_KEY, body, start, end);
  return number === undefined ? undefined : { line: 'head', number, rule: 'noted' };
}

function quantityAfter(key: Buffer, body: Buffer, from: number, to: number): number | undefined {
  const at = body.indexOf(key, from);
  if (at < 0 || at >= to) return undefined;
  const start = at + key.length - 1;
  const end = body.indexOf(0x22, start + 1);
  return end < 0 ? undefined : parseQuantity(body, start, end + 1);
}

const NUMBER_KEY = Buffer.from('"number":"');
const BLOCK_NUMBER_KEY = Buffer.from('"blockNumber":"');
