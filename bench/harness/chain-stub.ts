import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface RpcCall {
  readonly id: unknown;
  readonly method: string;
  readonly params?: readonly unknown[];
}

/** Chain id of every benchmark's chain. */
export const benchChainId = 31337;
const blockSeconds = 1;
const epochSeconds = 1_700_000_000;

/** The number of the block that all stubs are at; the wall clock makes them agree. */
export function headNumber(): number {
  return Math.floor((Date.now() / 1000 - epochSeconds) / blockSeconds);
}

const mark = '0x5eed';

/** A hash that tells the number it was made of. */
export function markedHash(number: number): string {
  return mark + number.toString(16).padStart(60, '0');
}

/** The number in the first such hash in a message; -1 when there is none. */
export function numberInHash(message: Buffer): number {
  const at = message.indexOf(mark, 0, 'latin1');
  if (at < 0) return -1;
  let number = 0;
  for (let digit = at + 54; digit < at + 66; digit++) {
    const code = message[digit] ?? 0;
    number = number * 16 + (code < 0x40 ? code - 0x30 : code - 0x57);
  }
  return number;
}

/** The result of a call to a simulated node; a balance for every method that it does not know. */
export function stubResult({ method, params }: RpcCall, head: number = headNumber()): unknown {
  if (method === 'eth_chainId') return hex(benchChainId);
  if (method === 'net_version') return String(benchChainId);
  if (method === 'eth_syncing') return false;
  if (method === 'eth_blockNumber') return hex(head);
  if (method === 'web3_clientVersion') return 'bench/1.0';
  if (method === 'eth_getBlockByNumber') return blockHeader(numberOf(params?.[0], head));
  if (method === 'eth_getBlockByHash') {
    const number = numberInHash(Buffer.from(String(params?.[0])));
    return number < 0 ? null : blockHeader(number);
  }
  // Blooms are empty, and so is every block.
  if (method === 'eth_getLogs') return [];
  return '0x56bc75e2d63100000';
}

/** The header of block `number`, as `newHeads` sends it. */
export function blockHeader(number: number): Record<string, unknown> {
  const zeros = `0x${'0'.repeat(64)}`;
  return {
    number: hex(number),
    hash: markedHash(number),
    parentHash: markedHash(number - 1),
    timestamp: hex(epochSeconds + number * blockSeconds),
    nonce: '0x0000000000000000',
    sha3Uncles: zeros,
    logsBloom: `0x${'0'.repeat(512)}`,
    transactionsRoot: zeros,
    stateRoot: zeros,
    receiptsRoot: zeros,
    miner: `0x${'0'.repeat(40)}`,
    difficulty: '0x0',
    extraData: '0x',
    gasLimit: '0x1c9c380',
    gasUsed: '0x5208',
    baseFeePerGas: '0x7',
    mixHash: zeros,
  };
}

/** A node's JSON-RPC over HTTP with fixed answers, for the probes that a benchmark does not measure. */
export class ChainStub {
  readonly #server: Server = createServer((request, response) => this.#answer(request, response));
  readonly requestsByMethod: Record<string, number> = {};
  readonly #head: number | undefined;

  /** @param head Number of the block that it stays at; without it, the wall clock's. */
  constructor(head?: number) {
    this.#head = head;
  }

  /** Starts to listen on a free loopback port. */
  async start(): Promise<number> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.method !== 'POST') {
      response.writeHead(405).end();
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const call = JSON.parse(Buffer.concat(chunks).toString()) as RpcCall | RpcCall[];
      const body = JSON.stringify(
        Array.isArray(call) ? call.map(each => this.#reply(each)) : this.#reply(call),
      );
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
        .end(body);
    });
  }

  #reply(call: RpcCall): object {
    this.requestsByMethod[call.method] = (this.requestsByMethod[call.method] ?? 0) + 1;
    return { jsonrpc: '2.0', id: call.id, result: stubResult(call, this.#head) };
  }
}

function numberOf(tag: unknown, head: number): number {
  return typeof tag === 'string' && tag.startsWith('0x') ? Number(tag) : head;
}

function hex(number: number): string {
  return `0x${number.toString(16)}`;
}
