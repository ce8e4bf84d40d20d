import yellowstone, { type SubscribeRequest, type SubscribeUpdate } from '@triton-one/yellowstone-grpc';
import { filterNames } from '../replayed-updates.ts';
import type { Contestant, ContestantOptions } from './contestant.ts';

/** The package's types are of its CommonJS form, in which the class is one level further down. */
const VendorClient = yellowstone as unknown as typeof yellowstone.default;

/** The vendor's client with a callback that counts. */
export async function start({ port }: ContestantOptions): Promise<Contestant> {
  const client = new VendorClient(`http://127.0.0.1:${port}`, undefined, {
    grpcMaxDecodingMessageSize: 64 * 1024 * 1024,
  });
  await client.connect();
  const stream = await client.subscribe();
  let transactions = 0;
  stream.on('data', (update: SubscribeUpdate) => {
    if (update.transaction) transactions++;
  });
  stream.on('error', (error: Error) => {
    throw error;
  });
  stream.write({
    accounts: {},
    slots: { [filterNames.slots]: { filterByCommitment: false } },
    transactions: {
      [filterNames.transactions]: { accountInclude: [], accountExclude: [], accountRequired: [] },
    },
    transactionsStatus: {},
    blocks: {},
    blocksMeta: {},
    entry: {},
    accountsDataSlice: [],
    commitment: 1,
  } as unknown as SubscribeRequest);
  return { transactions: () => transactions };
}
