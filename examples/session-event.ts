// Has the program of the local Solana chain announce a session, sees it in the feed, and its account: node examples/session-event.ts
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { Connection, Keypair, PublicKey, Transaction, TransactionInstruction } from '@solana/web3.js';
import { follow } from '../clients/typescript/src/follow.ts';

const trunkline = process.argv[2] ?? 'http://127.0.0.1:4000';
const wsAddress = trunkline.replace('http', 'ws');
const program = new PublicKey('6uSdXH4tbBDg9ga9i3T3UEdPm4KQykNnSoPMYXsq5hWe');

const sha256 = (text: string) => createHash('sha256').update(text).digest();
/** Account 0 of the embedded chain, which has lamports. */
const payer = Keypair.fromSeed(sha256('trunkline devnet account 0'));

const stats = await fetch(`${trunkline}/sessions/stats`);
const { wallet_address } = (await stats.json()) as { wallet_address?: string };
if (wallet_address === undefined)
  throw new Error('the session builder does not run: look at `trunkline sessions`');
const sessionId = randomUUID().slice(0, 8);
const accountOwner = program;
/** Where `method: seed` creates the account: derived from the session builder's wallet, the seed and the owner. */
const address = await PublicKey.createWithSeed(new PublicKey(wallet_address), sessionId, accountOwner);

const u64 = (value: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
const string = (text: string) => {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(Buffer.byteLength(text));
  return Buffer.concat([length, Buffer.from(text)]);
};
const event = Buffer.concat([
  sha256('event:PDAComputedEvent').subarray(0, 8),
  address.toBuffer(), // expected_pda
  u64(128), // expected_size
  accountOwner.toBuffer(), // expected_owner
  string(sessionId), // session_id
  payer.publicKey.toBuffer(), // owner
  PublicKey.default.toBuffer(), // eval_program
  PublicKey.default.toBuffer(), // shard_address
  Buffer.alloc(4), // namespaces: none
  u64(0), // compute_slot
]);

const connection = new Connection(`${trunkline}/rpc/solana-devnet`, {
  wsEndpoint: `${wsAddress}/rpc/solana-devnet`,
  commitment: 'confirmed',
});
const time = Date.now();
const instruction = new TransactionInstruction({ programId: program, keys: [], data: event });
console.log('sent', await connection.sendTransaction(new Transaction().add(instruction), [payer]));

const topics = [`solana-devnet.events.${program}.PDAComputedEvent`];
for await (const item of follow({ url: `${wsAddress}/feed`, topics, from: { time } })) {
  if (item.type !== 'event') continue;
  const { value } = item.data as { value: { session_id: string } };
  if (value.session_id !== sessionId) continue;
  console.log('in the feed', value);
  break;
}

let account = await connection.getAccountInfo(address);
for (; account === null; account = await connection.getAccountInfo(address)) await setTimeout(200);
console.log('created', address.toBase58(), `${account.data.length} bytes of ${account.owner}`);
