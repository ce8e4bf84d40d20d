import { createHash } from 'node:crypto';
import { encode } from '../../src/chains/solana/base58.ts';
import type { TransactionUpdate } from '../../src/chains/solana/updates.ts';
import { instructionsOf } from '../../src/pipelines/instructions/instructions-of.ts';
import { readAnchorIdl } from '../../src/pipelines/parsers/anchor/anchor-idl.ts';
import { anchorParser } from '../../src/pipelines/parsers/anchor/anchor-parser.ts';
import { createParser } from '../../src/pipelines/parsers/create-parser.ts';
import { toJson } from '../../src/pipelines/parsers/to-json.ts';
import type { Parser } from '../../src/pipelines/pipeline.ts';
import { median } from '../harness/statistics.ts';
import { formatTable } from '../harness/table.ts';

/** Microseconds a transaction of about 2.3 kB, by parser; the tree is built anew each time. */
export interface ParseResult {
  /** Building the tree alone, as every pipeline of instructions shares it. */
  readonly treeMicroseconds: number;
  readonly parseMicroseconds: Readonly<Record<string, number>>;
  /** With the values turned into JSON text. */
  readonly jsonMicroseconds: Readonly<Record<string, number>>;
}

const rounds = 7;
const repeats = 20_000;
const hash = (text: string) => createHash('sha256').update(text).digest();
const key = (name: string) => new Uint8Array(hash(name));
const program = key('program');
const accountKeys = [
  program,
  new Uint8Array(32),
  ...Array.from({ length: 20 }, (_, at) => key(`account ${at}`)),
];

/** Measures each parser on a transaction that holds something for it, and prints a table. */
export async function run(): Promise<ParseResult> {
  const idl = readAnchorIdl({
    instructions: [
      {
        name: 'compute',
        accounts: [{ name: 'payer' }, { name: 'vault' }],
        args: [{ name: 'size', type: 'u64' }],
      },
    ],
    events: [{ name: 'PDAComputedEvent' }],
    types: [{ name: 'PDAComputedEvent', type: { kind: 'struct', fields: eventFields } }],
  });
  const parsers: readonly Parser[] = [
    createParser({ type: 'raw' }),
    createParser({ type: 'system' }),
    createParser({ type: 'compute_budget' }),
    createParser({ type: 'session_events', program: encode(program) }),
    anchorParser(idl, program),
  ];
  const trees: number[] = [];
  const parsed = new Map(parsers.map(({ id }) => [id, [] as number[]]));
  const written = new Map(parsers.map(({ id }) => [id, [] as number[]]));
  // Interleaved, so that what else the machine does falls on all of them.
  for (let round = 0; round < rounds; round++) {
    trees.push(microseconds(transaction => instructionsOf(transaction).length));
    for (const parser of parsers) {
      parsed.get(parser.id)?.push(microseconds(transaction => valuesOf(parser, transaction).length));
      written
        .get(parser.id)
        ?.push(microseconds(transaction => JSON.stringify(valuesOf(parser, transaction).map(toJson)).length));
    }
  }
  const medians = (times: ReadonlyMap<string, readonly number[]>) =>
    Object.fromEntries(Array.from(times, ([id, list]) => [id, median(list)]));
  const result: ParseResult = {
    treeMicroseconds: median(trees),
    parseMicroseconds: medians(parsed),
    jsonMicroseconds: medians(written),
  };
  const rows = parsers.map(({ id }) => [
    id,
    `${result.parseMicroseconds[id]?.toFixed(2)} µs`,
    `${result.jsonMicroseconds[id]?.toFixed(2)} µs`,
  ]);
  rows.unshift(['the tree alone', `${result.treeMicroseconds.toFixed(2)} µs`, '']);
  process.stdout.write(`${formatTable(['parser', 'parse', 'parse and write JSON'], rows)}\n`);
  return result;
}

const eventFields = [
  { name: 'expected_pda', type: 'pubkey' },
  { name: 'expected_size', type: 'u64' },
  { name: 'expected_owner', type: 'pubkey' },
  { name: 'session_id', type: 'string' },
  { name: 'owner', type: 'pubkey' },
  { name: 'eval_program', type: 'pubkey' },
  { name: 'shard_address', type: 'pubkey' },
  { name: 'namespaces', type: { vec: 'string' } },
  { name: 'compute_slot', type: 'u64' },
];

function valuesOf(parser: Parser, transaction: TransactionUpdate): readonly unknown[] {
  const outcome = parser.parse(transaction);
  if (outcome.kind !== 'parsed') throw new Error(`${parser.id}: ${outcome.kind}`);
  return outcome.values;
}

function microseconds(work: (transaction: TransactionUpdate) => number): number {
  const template = sample();
  let sum = 0;
  const start = process.hrtime.bigint();
  // A new object each time, as the sources make them, for the tree is kept with it.
  for (let at = 0; at < repeats; at++) sum += work({ ...template });
  const elapsed = Number(process.hrtime.bigint() - start);
  if (sum === 0) throw new Error('nothing was done');
  return elapsed / repeats / 1000;
}

function sample(): TransactionUpdate {
  const u64 = Buffer.from([9, 0, 0, 0, 0, 0, 0, 0]);
  const text = (value: string) => Buffer.concat([Buffer.from([value.length, 0, 0, 0]), Buffer.from(value)]);
  const event = Buffer.concat([
    hash('event:PDAComputedEvent').subarray(0, 8),
    ...[key('a'), u64, key('b'), text('session-0001'), key('c'), key('d'), key('e')],
    ...[Buffer.from([2, 0, 0, 0]), text('one'), text('two'), u64],
  ]);
  const [own, system, budget] = [
    encode(program),
    encode(new Uint8Array(32)),
    'ComputeBudget111111111111111111111111111111',
  ];
  const budgetKey = createBudgetKey();
  const transfer = {
    programIndex: 1,
    accounts: Uint8Array.of(2, 3),
    data: Buffer.concat([Buffer.from([2, 0, 0, 0]), u64]),
  };
  return {
    kind: 'transaction',
    slot: 1,
    index: 0,
    signature: new Uint8Array(64).fill(3),
    isVote: false,
    isFailed: false,
    error: undefined,
    accountKeys: [...accountKeys, budgetKey],
    instructions: [
      { programIndex: accountKeys.length, accounts: new Uint8Array(), data: Buffer.from([2, 0, 0, 9, 0]) },
      {
        programIndex: 0,
        accounts: Uint8Array.from({ length: 16 }, (_, at) => at + 2),
        data: Buffer.concat([hash('global:compute').subarray(0, 8), u64]),
      },
    ],
    inner: [{ index: 1, instructions: [1, 2, 3].map(() => ({ ...transfer, stackHeight: 2 })) }],
    logs: [
      `Program ${budget} invoke [1]`,
      `Program ${budget} success`,
      `Program ${own} invoke [1]`,
      'Program log: Instruction: Compute',
      ...[1, 2, 3].flatMap(() => [`Program ${system} invoke [2]`, `Program ${system} success`]),
      `Program data: ${event.toString('base64')}`,
      `Program ${own} consumed 20513 of 200000 compute units`,
      `Program ${own} success`,
    ],
    fee: 5000,
    computeUnits: 20_513,
  };
}

function createBudgetKey(): Uint8Array {
  const bytes = Buffer.from('0306466fe5211732ffecadba72c39be7bc8ce5bbc5f7126b2c439b3a40000000', 'hex');
  return new Uint8Array(bytes);
}
