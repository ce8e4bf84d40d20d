import type { ChainFamily, Head, MethodPolicy } from '../../../src/chains/chain-family.ts';
import { evmSubscriptions } from '../../../src/chains/evm/subscriptions.ts';
import { type ChainConfig, chainSection } from '../../../src/config/sections/chain.ts';
import { request } from '../../../src/protocol/json-rpc/write.ts';
import type { UpstreamCall } from '../../../src/providers/upstream-call.ts';
import type { Log, LogFields } from '../../../src/telemetry/log.ts';

/** A family with the fewest rules that tell the classes apart, so that these tests do not depend on the EVM's tables. */
export const plainFamily: ChainFamily = {
  name: 'evm',
  aliases: () => [],
  policy: method => policyOf(method),
  demand: () => ({ kind: 'none' }),
  classifyError: ({ code, message, dataHead }) => {
    if (code === -32005 || message.includes('rate limit')) return 'rate_limited';
    if (code === -32601) return 'unsupported';
    if (message.includes('header not found')) return 'elsewhere';
    if (message.includes('too wide')) return 'too_large';
    if (code === -32603) return dataHead?.includes('verdict') === true ? 'answer' : 'failure';
    return 'answer';
  },
  isUnknownError: ({ code }) => code === -32099,
  classifyHttp: (status, bodyStart) => {
    if (status === 429 || bodyStart.includes('Too Many Requests')) return 'rate_limited';
    if (status >= 500 || status === 401 || status === 403) return 'failure';
    return undefined;
  },
  probes: {
    identity: {
      method: 'eth_chainId',
      params: '[]',
      read: result => String(Number(JSON.parse(result.toString()))),
    },
    syncing: { method: 'eth_syncing', params: '[]', read: result => result.toString() !== 'false' },
    head: { method: 'eth_getBlockByNumber', params: '["latest",false]', read: result => readHead(result) },
  },
  answers: { missing: () => 0, shown: () => undefined, result: () => undefined },
  events: {
    canonical: params => params,
    nature: () => ({ breadth: 'some', order: 'any' }),
    kind: () => 'heads',
    key: () => undefined,
    head: result => readHead(result),
    header: block => block,
  },
  subscriptions: evmSubscriptions,
};

function readHead(result: Buffer): Head | undefined {
  const block = JSON.parse(result.toString()) as Record<string, string> | null;
  if (block === null) return undefined;
  const { number, hash, parentHash, timestamp } = block;
  return { number: Number(number), hash: hash!, parentHash: parentHash!, timestamp: Number(timestamp) };
}

/** Methods that begin with `eth_send` are sent once, all others may be repeated. */
export function policyOf(method: string): MethodPolicy {
  const isWrite = method.startsWith('eth_send');
  return {
    method,
    class: isWrite ? 'raw_write' : 'tag',
    dispatch: isWrite ? 'once' : 'failover',
    hedge: !isWrite,
    nullIsFinal: true,
    label: method,
  };
}

export function callOf(method: string, options: Partial<UpstreamCall> & { id?: string } = {}): UpstreamCall {
  const { id = '7', ...rest } = options;
  return {
    policy: policyOf(method),
    payload: request(id, method, '[]'),
    idBytes: Buffer.from(id),
    demand: { kind: 'none' },
    ...rest,
  };
}

/** A chain's configuration with the defaults of the schema, and what a test changes of it. */
export function chainConfigOf(changes: Record<string, unknown> = {}): ChainConfig {
  return chainSection.parse({ chain_id: 31_337, ...changes });
}

/** A log that keeps its lines. */
export class RecordedLog implements Log {
  readonly lines: { level: string; message: string; fields: LogFields }[];
  readonly #fields: LogFields;

  constructor(lines: RecordedLog['lines'] = [], fields: LogFields = {}) {
    this.lines = lines;
    this.#fields = fields;
  }

  debug = (message: string, fields: LogFields = {}) => this.#add('debug', message, fields);
  info = (message: string, fields: LogFields = {}) => this.#add('info', message, fields);
  warn = (message: string, fields: LogFields = {}) => this.#add('warn', message, fields);
  error = (message: string, fields: LogFields = {}) => this.#add('error', message, fields);
  child = (fields: LogFields): Log => new RecordedLog(this.lines, { ...this.#fields, ...fields });

  /** The messages of a level. */
  of(level: string): string[] {
    return this.lines.filter(line => line.level === level).map(line => line.message);
  }

  #add(level: string, message: string, fields: LogFields): void {
    this.lines.push({ level, message, fields: { ...this.#fields, ...fields } });
  }
}
