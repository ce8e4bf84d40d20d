import { PublicKey, VersionedMessage } from '@solana/web3.js';
import { decode, encode } from '../../../../chains/solana/base58.ts';
import type { TransactionErrorJson } from '../../bank/bank-events.ts';
import { type DecodedTransaction, decodeTransaction, maxWireBytes } from '../../bank/decode-transaction.ts';
import { transactionErrorText } from '../../bank/transaction-error.ts';
import { accountJson } from '../account-json.ts';
import {
  type Config,
  configAt,
  integerOf,
  listOf,
  pubkeyOf,
  type RpcContext,
  type RpcMethod,
  settledCommitment,
  textOf,
  withContext,
} from '../params.ts';
import { invalidParams, RpcError } from '../rpc-error.ts';
import { innerJson, returnDataJson } from '../transaction-json.ts';

const lamportsPerSignature = 5_000;
/** An airdrop's limit, so that the faucet does not run dry at once: 10,000 SOL. */
const maxAirdrop = 10_000_000_000_000;

/** Methods that execute transactions, or would. */
export const sendingMethods: Readonly<Record<string, RpcMethod>> = {
  sendTransaction: (context, params) => {
    const config = configAt(params, 1);
    const decoded = decodedTransaction(params[0], config.encoding, 'base58');
    const signature = encode(decoded.signatures[0] as Uint8Array);
    if (config.skipPreflight !== true) preflight(context, decoded, config);
    const submitted = context.view.bank.submit(decoded);
    if (submitted.kind === 'full')
      throw new RpcError(-32603, 'the embedded chain holds as many accounts as it may');
    // As with a validator, nobody hears of a transaction that was passed on without preflight and then dropped.
    return signature;
  },
  simulateTransaction: (context, params) => {
    const config = configAt(params, 1);
    const decoded = decodedTransaction(params[0], config.encoding, 'base58');
    if (config.sigVerify === true && config.replaceRecentBlockhash === true)
      throw invalidParams('sigVerify may not be used with replaceRecentBlockhash');
    const commitment = settledCommitment(context, config);
    const replaced = config.replaceRecentBlockhash === true ? context.view.blockAt(commitment) : undefined;
    const { outcome, accounts } = context.view.bank.simulate(decoded, {
      checkSignatures: config.sigVerify === true,
      replacesBlockhash: replaced !== undefined,
    });
    if (outcome.error === 'SignatureFailure')
      throw new RpcError(-32003, 'Transaction signature verification failure');
    const asked = (config.accounts ?? undefined) as Config | undefined;
    const wanted = asked === undefined ? undefined : listOf(asked.addresses, 100).map(pubkeyOf);
    const keys = { accountKeys: decoded.staticKeys };
    return withContext(context, commitment, {
      err: outcome.error ?? null,
      logs: outcome.logs,
      accounts:
        wanted?.map(name => {
          const state = accounts.get(name) ?? context.view.bank.account(name);
          return state === undefined ? null : accountJson(state, { encoding: 'base64', ...asked });
        }) ?? null,
      unitsConsumed: outcome.computeUnits,
      returnData: outcome.returnData === undefined ? null : returnDataJson(outcome.returnData),
      innerInstructions: config.innerInstructions === true ? innerJson(outcome.inner, keys, 'json') : null,
      replacementBlockhash:
        replaced === undefined
          ? null
          : { blockhash: replaced.blockhash, lastValidBlockHeight: replaced.blockHeight + 150 },
    });
  },
  requestAirdrop: ({ view }, params) => {
    const to = pubkeyOf(params[0]);
    const lamports = integerOf(params[1], 'lamports');
    if (lamports > maxAirdrop) throw invalidParams(`Invalid request: at most ${maxAirdrop} lamports at once`);
    const submitted = view.bank.airdrop(new PublicKey(to), BigInt(lamports));
    if (submitted.kind === 'executed') return encode(submitted.transaction.signature);
    throw new RpcError(-32603, 'the faucet cannot send: Internal error');
  },
  getFeeForMessage: (context, params) => {
    const commitment = settledCommitment(context, configAt(params, 1));
    const message = messageOf(textOf(params[0]));
    const isKnown = context.view.bank.isBlockhashValid(message.recentBlockhash, commitment);
    const fee = message.header.numRequiredSignatures * lamportsPerSignature + priorityFee(message);
    return withContext(context, commitment, isKnown ? fee : null);
  },
};

/** Runs a transaction as it would be run, and refuses it as Agave does when it would fail. */
function preflight(context: RpcContext, decoded: DecodedTransaction, config: Config): void {
  const { bank } = context.view;
  const commitment = settledCommitment(context, config, 'processed', 'preflightCommitment');
  const isTooNew =
    bank.isBlockhashValid(decoded.recentBlockhash, 'processed') &&
    !bank.isBlockhashValid(decoded.recentBlockhash, commitment);
  const { outcome } = bank.simulate(decoded, { checkSignatures: true, replacesBlockhash: false });
  const error: TransactionErrorJson | undefined = isTooNew ? 'BlockhashNotFound' : outcome.error;
  if (error === undefined) return;
  if (error === 'SignatureFailure') throw new RpcError(-32003, 'Transaction signature verification failure');
  throw new RpcError(-32002, `Transaction simulation failed: ${transactionErrorText(error)}`, {
    accounts: null,
    err: error,
    innerInstructions: null,
    logs: isTooNew ? [] : outcome.logs,
    replacementBlockhash: null,
    returnData: outcome.returnData === undefined ? null : returnDataJson(outcome.returnData),
    unitsConsumed: isTooNew ? 0 : outcome.computeUnits,
  });
}

function decodedTransaction(value: unknown, encoding: unknown, fallback: string): DecodedTransaction {
  const text = textOf(value);
  const used = encoding ?? fallback;
  if (used !== 'base58' && used !== 'base64')
    throw invalidParams(`unsupported encoding: ${String(used)}. Supported encodings: base58, base64`);
  if (text.length > maxWireBytes * 2)
    throw invalidParams(`${used} encoded transaction too large: ${text.length} bytes`);
  const wire = used === 'base64' ? base64Bytes(text) : decode(text);
  if (wire === undefined) throw invalidParams(`invalid ${used} encoding`);
  const decoded = decodeTransaction(wire);
  if (typeof decoded === 'string') throw invalidParams(decoded);
  return decoded;
}

function base64Bytes(text: string): Uint8Array | undefined {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? Uint8Array.from(Buffer.from(text, 'base64')) : undefined;
}

function messageOf(text: string): VersionedMessage {
  try {
    return VersionedMessage.deserialize(Uint8Array.from(Buffer.from(text, 'base64')));
  } catch {
    throw invalidParams('failed to deserialize solana_message::versions::VersionedMessage');
  }
}

const computeBudget = 'ComputeBudget111111111111111111111111111111';

function priorityFee(message: VersionedMessage): number {
  let limit: number | undefined;
  let price = 0n;
  let others = 0;
  for (const { programIdIndex, data } of message.compiledInstructions) {
    const bytes = Buffer.from(data);
    if (message.staticAccountKeys[programIdIndex]?.toBase58() !== computeBudget) others++;
    else if (bytes[0] === 2 && bytes.length >= 5) limit = bytes.readUInt32LE(1);
    else if (bytes[0] === 3 && bytes.length >= 9) price = bytes.readBigUInt64LE(1);
  }
  const units = BigInt(Math.min(limit ?? 200_000 * others, 1_400_000));
  return Number((units * price + 999_999n) / 1_000_000n);
}
