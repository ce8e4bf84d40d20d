import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { geyserMethods } from '../../../src/protocol/geyser/geyser-codec.ts';
import { filterNames } from '../replayed-updates.ts';
import type { Contestant, ContestantOptions } from './contestant.ts';

/** A bare client of grpc-js that does nothing but decode, by Trunkline's codec. */
export async function start({ port }: ContestantOptions): Promise<Contestant> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    'grpc.max_receive_message_length': 64 * 1024 * 1024,
    'grpc-node.flow_control_window': 2 * 1024 * 1024,
  });
  const { path, requestSerialize, responseDeserialize } = geyserMethods.subscribe;
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, new Metadata(), {});
  let transactions = 0;
  call.on('data', update => {
    if (update.transaction) transactions++;
  });
  call.on('error', (error: Error) => {
    throw error;
  });
  call.write({
    slots: { [filterNames.slots]: { filterByCommitment: false } },
    transactions: { [filterNames.transactions]: {} },
    commitment: 1,
  });
  return { transactions: () => transactions };
}
