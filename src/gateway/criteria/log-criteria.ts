import { TrunklineError } from '../../errors/trunkline-error.ts';
import { type GatewayErrorCode, gatewayErrors } from '../errors.ts';

/** Which logs a client asks for, as `eth_newFilter` and `eth_subscribe` take it. In small letters, without repeats, sorted. */
export interface LogCriteria {
  /** Empty: every one. */
  readonly addresses: readonly string[];
  /** By position, at most four; an empty one: whichever topic, but there has to be one. */
  readonly topics: readonly (readonly string[])[];
  /** Logs of earlier blocks are left out. 0: none is. */
  readonly fromBlock: number;
  /** Logs of later blocks are left out. `Infinity`: none is. */
  readonly toBlock: number;
}

// As go-ethereum has it (`eth/filters`).
const maxAddresses = 1_000;
const maxTopics = 4;
const maxTopicsOfPosition = 1_000;
const addressForm = /^0x[0-9a-f]{40}$/;
const topicForm = /^0x[0-9a-f]{64}$/;
const quantityForm = /^0x[0-9a-f]{1,16}$/;

/**
 * Reads a filter object as go-ethereum does for logs that are still to come.
 *
 * @param value parsed JSON; undefined and null ask for all logs
 * @param argument the object's place in the params, for messages
 * @throws TrunklineError `criteria_invalid`
 */
export function readLogCriteria(value: unknown, argument: number): LogCriteria {
  const fail = (message: string): never => {
    throw new TrunklineError<GatewayErrorCode>(
      gatewayErrors,
      'criteria_invalid',
      `invalid argument ${argument}: ${message}`,
    );
  };
  if (value !== undefined && (typeof value !== 'object' || Array.isArray(value))) {
    return fail('a filter is an object of address, topics, fromBlock and toBlock');
  }
  const { address, topics, fromBlock, toBlock, blockHash } = (value ?? {}) as Record<string, unknown>;
  if (isGiven(blockHash)) {
    return fail('logs of one block (blockHash) do not change; ask eth_getLogs for them');
  }
  return {
    addresses: readAddresses(address, fail),
    topics: readTopics(topics, fail),
    ...readRange(fromBlock, toBlock, fail),
  };
}

type Fail = (message: string) => never;

function readAddresses(value: unknown, fail: Fail): readonly string[] {
  if (!isGiven(value)) return [];
  const list = Array.isArray(value) ? value : [value];
  if (list.length > maxAddresses) fail(`exceed max addresses: ${list.length} of ${maxAddresses}`);
  return unique(
    list.map((item, index) => {
      if (typeof item !== 'string') return fail(`non-string address at index ${index}`);
      const address = item.toLowerCase();
      return addressForm.test(address)
        ? address
        : fail(`the address at index ${index} is not 0x and 40 hex digits`);
    }),
  );
}

function readTopics(value: unknown, fail: Fail): readonly (readonly string[])[] {
  if (!isGiven(value)) return [];
  if (!Array.isArray(value)) return fail('topics are an array with an entry for each position');
  if (value.length > maxTopics) fail(`exceed max topics: a log has at most ${maxTopics}`);
  return value.map((position: unknown, index) => {
    if (!isGiven(position)) return [];
    const list = Array.isArray(position) ? position : [position];
    if (list.length > maxTopicsOfPosition) fail(`exceed max topics: ${list.length} in position ${index}`);
    const read = list.map(item => {
      if (!isGiven(item)) return undefined;
      const topic = typeof item === 'string' ? item.toLowerCase() : '';
      return topicForm.test(topic)
        ? topic
        : fail(`invalid topic in position ${index}: not 0x and 64 hex digits`);
    });
    // A null among alternatives lets any topic through.
    return read.includes(undefined) ? [] : unique(read as string[]);
  });
}

function readRange(from: unknown, to: unknown, fail: Fail): Pick<LogCriteria, 'fromBlock' | 'toBlock'> {
  const first = readBlock(from, 'fromBlock', fail);
  const last = readBlock(to, 'toBlock', fail);
  const isOpen = last === 'latest';
  // What is still to come is newer than any of these.
  const fromBlock = typeof first === 'number' ? first : 0;
  const toBlock = typeof last === 'number' ? last : Number.POSITIVE_INFINITY;
  const isRange = isOpen || (typeof first === 'number' && typeof last === 'number' && last >= first);
  return isRange ? { fromBlock, toBlock } : fail('invalid block range params');
}

type Tag = 'latest' | 'safe' | 'finalized';

function readBlock(value: unknown, name: string, fail: Fail): number | Tag {
  if (!isGiven(value) || value === '' || value === 'latest') return 'latest';
  if (value === 'earliest') return 0;
  if (value === 'safe' || value === 'finalized') return value;
  if (value === 'pending') return fail('pending logs are not supported');
  const text = typeof value === 'string' ? value.toLowerCase() : '';
  const number = quantityForm.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(number)) fail(`${name} is neither a block tag nor a hex number`);
  return number;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function unique(items: readonly string[]): readonly string[] {
  return [...new Set(items)].sort();
}
