import type { TestContext } from 'node:test';
import { type Keypair, Transaction, type TransactionInstruction } from '@solana/web3.js';
import yellowstone, { type SubscribeRequest, type SubscribeUpdate } from '@triton-one/yellowstone-grpc';
import { Bank } from '../../../src/devnet/solana/bank/bank.ts';
import type { BankTransaction } from '../../../src/devnet/solana/bank/bank-events.ts';
import type { BankOptions } from '../../../src/devnet/solana/bank/bank-options.ts';
import { decodeTransaction } from '../../../src/devnet/solana/bank/decode-transaction.ts';
import { eventProgramElf, eventProgramId } from '../../../src/devnet/solana/event-program/event-program.ts';
import { GeyserServer, type GeyserServerOptions } from '../../../src/devnet/solana/geyser/geyser-server.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { eventually } from '../../support/eventually.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** The package's types are of its CommonJS form, in which the class is one level further down. */
export const VendorClient = yellowstone as unknown as typeof yellowstone.default;

type Client = InstanceType<typeof VendorClient>;

/** A request without any wish, for the vendor's types, which leave nothing out. */
export const noWish: SubscribeRequest = {
  accounts: {},
  slots: {},
  transactions: {},
  transactionsStatus: {},
  blocks: {},
  blocksMeta: {},
  entry: {},
  accountsDataSlice: [],
} as unknown as SubscribeRequest;

/** What the vendor's client received on one stream. */
export interface Received {
  readonly updates: SubscribeUpdate[];
  error: (Error & { code?: unknown }) | undefined;
  send(request: Partial<SubscribeRequest>): void;
  end(): void;
}

/** A bank whose slots are closed by the test, the Geyser server over it, and the vendor's client. */
export class GeyserBench {
  readonly clock = new ManualClock();
  readonly bank: Bank;
  readonly server: GeyserServer;
  #client: Client | undefined;

  constructor(options: { bank?: Partial<BankOptions>; server?: Partial<GeyserServerOptions> } = {}) {
    const deps = { clock: this.clock, log: silentLog };
    const programs = [{ id: eventProgramId, elf: eventProgramElf() }];
    this.bank = new Bank({ chain: 'conformance', programs, finalizeAfter: 3, ...options.bank }, deps);
    this.server = new GeyserServer({ bank: this.bank, ...options.server }, deps);
  }

  static async start(t: TestContext, options: ConstructorParameters<typeof GeyserBench>[0] = {}) {
    const bench = new GeyserBench(options);
    await bench.server.start();
    t.after(() => bench.server.stop());
    return bench;
  }

  async client(token?: string): Promise<Client> {
    const client = new VendorClient(`http://127.0.0.1:${this.server.port}`, token, undefined);
    await client.connect();
    return client;
  }

  /** Opens a stream; settles once the server has taken the request. */
  async subscribe(request: Partial<SubscribeRequest>, token?: string): Promise<Received> {
    this.#client ??= await this.client(token);
    const stream = await this.#client.subscribe();
    const received: Received = {
      updates: [],
      error: undefined,
      send: wish => void stream.write({ ...noWish, ...wish }),
      end: () => void stream.destroy(),
    };
    stream.on('data', (update: SubscribeUpdate) => received.updates.push(update));
    stream.on('error', (error: Error) => {
      received.error = error;
    });
    received.send(request);
    await this.settle(received);
    return received;
  }

  /** Waits until what was sent before has been taken: a pong comes after it. */
  async settle(received: Received): Promise<void> {
    const id = ++this.#pings;
    received.send({ ping: { id } });
    await eventually(
      () => received.error !== undefined || received.updates.some(({ pong }) => pong?.id === id),
      'a pong',
    );
  }
  #pings = 0;

  /** Executes instructions into the open slot. */
  execute(payer: Keypair, ...instructions: TransactionInstruction[]): BankTransaction {
    const { blockhash } = this.bank.blockAt('processed');
    const transaction = new Transaction({ feePayer: payer.publicKey, recentBlockhash: blockhash });
    transaction.add(...instructions).sign(payer);
    const decoded = decodeTransaction(transaction.serialize());
    if (typeof decoded === 'string') throw new Error(decoded);
    const outcome = this.bank.submit(decoded);
    if (outcome.kind !== 'executed') throw new Error(JSON.stringify(outcome));
    return outcome.transaction;
  }
}

/** The kind of each update, with its slot: `transaction 3`, `slot 3 confirmed`; pings and pongs left out. */
export function kindsOf({ updates }: Received): string[] {
  return updates.flatMap(update => {
    if (update.slot) return [`slot ${update.slot.slot} ${statusNames[update.slot.status]}`];
    if (update.account) return [`account ${update.account.slot}`];
    if (update.transaction) return [`transaction ${update.transaction.slot}`];
    if (update.transactionStatus) return [`transaction_status ${update.transactionStatus.slot}`];
    if (update.block) return [`block ${update.block.slot}`];
    if (update.blockMeta) return [`block_meta ${update.blockMeta.slot}`];
    return [];
  });
}

const statusNames = [
  'processed',
  'confirmed',
  'finalized',
  'first_shred',
  'completed',
  'created_bank',
  'dead',
];
