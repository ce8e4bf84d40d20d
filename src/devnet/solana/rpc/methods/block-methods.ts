import { encode } from '../../../../chains/solana/base58.ts';
import type { BankBlock } from '../../bank/bank-events.ts';
import type { BankView } from '../bank-view.ts';
import { type Config, commitmentOf, configAt, integerOf, type RpcMethod } from '../params.ts';
import { invalidParams, RpcError } from '../rpc-error.ts';
import { encodingOf, transactionJson } from '../transaction-json.ts';

const maxBlocks = 500_000;

/** Methods about blocks. */
export const blockMethods: Readonly<Record<string, RpcMethod>> = {
  getBlock: ({ view }, params) => {
    const slot = integerOf(params[0], 'slot');
    const config = configAt(params, 1);
    const commitment = commitmentOf(config.commitment, 'confirmed');
    if (slot > view.slotAt(commitment)) throw new RpcError(-32004, `Block not available for slot ${slot}`);
    return blockJson(keptBlock(view, slot), config);
  },
  getBlockTime: ({ view }, params) => {
    const slot = integerOf(params[0], 'slot');
    if (slot > view.slotAt('confirmed')) throw new RpcError(-32004, `Block not available for slot ${slot}`);
    return keptBlock(view, slot).blockTime;
  },
  getBlocks: ({ view }, params) => {
    const from = integerOf(params[0], 'start slot');
    // The second parameter may be left out, and the configuration take its place.
    const hasEnd = typeof params[1] === 'number';
    const commitment = commitmentOf(
      configAt(params, hasEnd || params[1] === null ? 2 : 1).commitment,
      'confirmed',
    );
    const newest = view.slotAt(commitment);
    const to = hasEnd ? Math.min(integerOf(params[1], 'end slot'), newest) : newest;
    if (to - from > maxBlocks) throw invalidParams(`Slot range too large; max ${maxBlocks}`);
    return slotsBetween(view, from, to);
  },
  getBlocksWithLimit: ({ view }, params) => {
    const from = integerOf(params[0], 'start slot');
    const limit = integerOf(params[1], 'limit');
    if (limit > maxBlocks) throw invalidParams(`Limit too large; max ${maxBlocks}`);
    const commitment = commitmentOf(configAt(params, 2).commitment, 'confirmed');
    return slotsBetween(view, from, view.slotAt(commitment)).slice(0, limit);
  },
};

/** A block as RPC and blockSubscribe tell it. */
export function blockJson(block: BankBlock, config: Config): unknown {
  const { transactions, ...rest } = block;
  const details = config.transactionDetails ?? 'full';
  const head = {
    previousBlockhash: rest.parentBlockhash,
    blockhash: rest.blockhash,
    parentSlot: rest.parentSlot,
    blockTime: rest.blockTime,
    blockHeight: rest.blockHeight,
    ...(config.rewards === false ? {} : { rewards: [] }),
  };
  if (details === 'none') return head;
  if (details === 'signatures')
    return { ...head, signatures: transactions.map(each => encode(each.signature)) };
  if (details !== 'full')
    throw invalidParams('Invalid params: `transactionDetails` is one of `full`, `signatures`, `none` here');
  const encoding = encodingOf(config.encoding);
  const maxVersion = config.maxSupportedTransactionVersion;
  return { ...head, transactions: transactions.map(each => transactionJson(each, encoding, maxVersion)) };
}

function keptBlock(view: BankView, slot: number): BankBlock {
  const first = view.bank.firstAvailableSlot;
  if (slot < first)
    throw new RpcError(
      -32001,
      `Block ${slot} cleaned up, does not exist on node. First available block: ${first}`,
    );
  const block = view.block(slot);
  if (block !== undefined) return block;
  throw slot <= view.slotAt('finalized')
    ? new RpcError(-32009, `Slot ${slot} was skipped, or missing in long-term storage`)
    : new RpcError(-32007, `Slot ${slot} was skipped, or missing due to ledger jump to recent snapshot`);
}

function slotsBetween(view: BankView, from: number, to: number): number[] {
  return view.bank.ledger.history.blocks.map(({ slot }) => slot).filter(slot => slot >= from && slot <= to);
}
