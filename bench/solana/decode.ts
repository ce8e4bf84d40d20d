import proto from 'laserstream-core-proto-js';
import { subscribeUpdateCodec } from '../../src/protocol/geyser/geyser-codec.ts';
import { median } from '../harness/statistics.ts';
import { formatTable } from '../harness/table.ts';

/** Microseconds a transaction update of about 2.3 kB. */
export interface DecodeResult {
  readonly bytes: number;
  readonly decodeMicroseconds: number;
  /** The package's own reader, with an object for each 64-bit number. */
  readonly packageMicroseconds: number;
}

const rounds = 9;
const repeats = 20_000;
const samples = 200;

/** Measures reading of transaction updates beside the package alone, interleaved, and prints a table. */
export async function run(): Promise<DecodeResult> {
  const messages = Array.from({ length: samples }, (_, index) => message(index));
  const own: number[] = [];
  const plain: number[] = [];
  for (let round = 0; round < rounds; round++) {
    own.push(microseconds(at => subscribeUpdateCodec.deserialize(messages[at % samples]!)));
    plain.push(microseconds(at => proto.geyser.SubscribeUpdate.decode(messages[at % samples]!)));
  }
  const result: DecodeResult = {
    bytes: messages[0]!.length,
    decodeMicroseconds: median(own),
    packageMicroseconds: median(plain),
  };
  const rows = [
    ['codec', `${result.decodeMicroseconds.toFixed(2)} µs`],
    ['package alone', `${result.packageMicroseconds.toFixed(2)} µs`],
  ];
  process.stdout.write(`${formatTable([`update of ${result.bytes} bytes`, 'decode'], rows)}\n`);
  return result;
}

function microseconds(work: (at: number) => unknown): number {
  const start = process.hrtime.bigint();
  for (let at = 0; at < repeats; at++) work(at);
  return Number(process.hrtime.bigint() - start) / repeats / 1000;
}

/** A swap as they are on the main chain: 14 accounts, 4 instructions, 4 inner ones, 14 lines of logs. */
function message(index: number): Buffer {
  const balances = Array.from({ length: 14 }, (_, at) => 2_039_280 * at);
  return subscribeUpdateCodec.serialize({
    filters: ['swaps'],
    createdAt: { seconds: 1_700_000_000, nanos: 5 },
    transaction: {
      slot: 300_000_000 + index,
      transaction: {
        signature: new Uint8Array(64).fill(7),
        index,
        transaction: {
          signatures: [new Uint8Array(64).fill(7)],
          message: {
            header: { numRequiredSignatures: 1, numReadonlyUnsignedAccounts: 5 },
            accountKeys: Array.from({ length: 14 }, (_, at) => new Uint8Array(32).fill(at)),
            recentBlockhash: new Uint8Array(32),
            instructions: Array.from({ length: 4 }, () => ({
              programIdIndex: 9,
              accounts: new Uint8Array(14),
              data: new Uint8Array(80),
            })),
            versioned: true,
          },
        },
        meta: {
          fee: 5_000,
          preBalances: balances,
          postBalances: balances,
          innerInstructions: [
            {
              index: 1,
              instructions: Array.from({ length: 4 }, () => ({
                programIdIndex: 3,
                accounts: new Uint8Array(4),
                data: new Uint8Array(24),
                stackHeight: 2,
              })),
            },
          ],
          logMessages: Array.from(
            { length: 14 },
            (_, at) => `Program TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA invoke [${at}]`,
          ),
          computeUnitsConsumed: 120_000,
        },
      },
    },
  });
}
