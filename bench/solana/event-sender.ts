import { createHash } from 'node:crypto';
import { Connection, type Keypair, PublicKey, Transaction } from '@solana/web3.js';
import { devnetKeypair } from '../../src/devnet/solana/well-known.ts';
import { emitInstruction } from '../../test/support/event-program-instructions.ts';
import type { SolanaTrunkline } from './solana-trunkline.ts';

/** What a session's event announces. */
export interface Announcement {
  readonly sessionId: string;
  readonly address: PublicKey;
  readonly size: bigint;
  /** The program that the account is to be given to. */
  readonly accountOwner: PublicKey;
}

const blockhashMs = 5_000;
const discriminator = createHash('sha256').update('event:PDAComputedEvent').digest().subarray(0, 8);

/** Sends transactions whose program tells of a `PDAComputedEvent`, by @solana/web3.js through Trunkline. */
export class EventSender {
  readonly connection: Connection;
  readonly #payer: Keypair;
  #blockhash: Promise<string> | undefined;
  #blockhashAt = 0;

  /** @param account the well-known account that pays */
  constructor(trunkline: SolanaTrunkline, account: number) {
    this.connection = new Connection(trunkline.url, 'confirmed');
    this.#payer = devnetKeypair(account);
  }

  /** Resolves with the signature, once a provider has taken it. */
  async send(announcement: Announcement): Promise<string> {
    const transaction = new Transaction({
      feePayer: this.#payer.publicKey,
      recentBlockhash: await this.#recentBlockhash(),
    } as never);
    transaction.add(emitInstruction(computedEvent(announcement)));
    transaction.sign(this.#payer);
    return this.connection.sendRawTransaction(transaction.serialize(), { skipPreflight: true });
  }

  #recentBlockhash(): Promise<string> {
    const now = performance.now();
    if (this.#blockhash === undefined || now - this.#blockhashAt > blockhashMs) {
      this.#blockhashAt = now;
      this.#blockhash = this.connection.getLatestBlockhash('confirmed').then(({ blockhash }) => blockhash);
    }
    return this.#blockhash;
  }
}

/** The bytes of a `PDAComputedEvent`, as Anchor logs them. */
function computedEvent({ sessionId, address, size, accountOwner }: Announcement): Buffer {
  const u64 = (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(value);
    return bytes;
  };
  const text = (value: string) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(Buffer.byteLength(value));
    return Buffer.concat([length, Buffer.from(value)]);
  };
  const some = PublicKey.unique().toBuffer();
  return Buffer.concat([
    discriminator,
    address.toBuffer(),
    u64(size),
    accountOwner.toBuffer(),
    text(sessionId),
    some,
    some,
    some,
    Buffer.alloc(4),
    u64(1n),
  ]);
}
