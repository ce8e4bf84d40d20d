import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { callNode } from '../../support/call-node.ts';
import { eventually } from '../../support/eventually.ts';
import { type RunningTrunkline, startTrunkline } from '../../support/trunkline.ts';

const yaml = `
chains:
  devnet:
    chain_id: 31337
    devnet: { engine: anvil, providers: 3, block_time: 200ms }
    aggregation: { width: 1 }
    websocket: { ping_interval: 500ms, ping_timeout: 500ms, reconnect_min: 50ms, reconnect_max: 200ms }
    circuit_breaker: { recovery_timeout: 200ms, max_recovery_timeout: 500ms }
`;
/** PUSH0 PUSH0 LOG0 STOP: every call to it is one log. */
const logger = { address: '0x00000000000000000000000000000000000100c5', code: '0x5f5fa000' };
const author = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266';

interface ChainLog {
  readonly blockHash: string;
  readonly logIndex: string;
  readonly removed: boolean;
}

describe('streams over a real chain', () => {
  let trunkline: RunningTrunkline;
  const devnet = () => trunkline.chain('devnet').devnet!;
  before(async () => {
    trunkline = await startTrunkline(yaml);
    await trunkline.allUp();
    await atNode('anvil_setCode', [logger.address, logger.code]);
  });
  afterEach(() => devnet().heal());
  after(() => trunkline.stop());

  const atNode = <T>(method: string, params: readonly unknown[] = []) =>
    callNode<T>(devnet().node.url, method, params);

  /** Subscribes as a client does; settles once the subscription's id has come. */
  async function listen<T>(
    params: readonly unknown[],
  ): Promise<{ readonly events: T[]; readonly socket: WebSocket }> {
    const socket = new WebSocket(`${trunkline.wsUrl}/rpc/devnet`, { perMessageDeflate: false });
    const events: T[] = [];
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('open', () =>
        socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params })),
      );
      socket.on('message', (data: Buffer) => {
        const message = JSON.parse(data.toString()) as {
          id?: number;
          error?: { message: string };
          params: { result: T };
        };
        if (message.error !== undefined) reject(new Error(message.error.message));
        else if (message.id === 1) resolve();
        else events.push(message.params.result);
      });
    });
    return { events, socket };
  }

  const height = async () => Number(await atNode<string>('eth_blockNumber', []));

  /** Waits until the chain has made so many blocks more. */
  async function blocks(count: number): Promise<void> {
    const until = (await height()) + count;
    await eventually(async () => (await height()) >= until, `block ${until}`);
  }

  /** The provider that announces new blocks first, or did until now. */
  function carrier(): string {
    return trunkline.chain('devnet').runtime.heads.best!.providerId;
  }

  /** Makes a few logs in each block until told to stop. */
  function keepLogging(): () => Promise<void> {
    let isOver = false;
    const sending = (async () => {
      while (!isOver) {
        for (let i = 0; i < 5; i++) {
          await atNode('eth_sendTransaction', [{ from: author, to: logger.address, gas: '0x10000' }]);
        }
        await blocks(1);
      }
    })();
    return async () => {
      isOver = true;
      await sending;
    };
  }

  const faults: readonly [string, () => Promise<void>][] = [
    [
      'the provider in use is killed, four times over',
      async () => {
        for (let round = 0; round < 4; round++) {
          await devnet().fault(carrier(), 'kill');
          await blocks(3);
          await devnet().heal();
          await blocks(2);
        }
      },
    ],
    [
      'all providers are gone for ten blocks',
      async () => {
        for (const number of [1, 2, 3]) await devnet().fault(number, 'kill');
        await blocks(10);
        await devnet().heal();
      },
    ],
    [
      'the provider in use falls silent without closing anything',
      async () => {
        await devnet().fault(carrier(), 'hang');
        await blocks(15);
        await devnet().heal();
      },
    ],
  ];
  for (const [what, happen] of faults) {
    it(`a client gets every head in order and every log once while ${what} [fault 16, fault 18]`, async () => {
      const heads = await listen<{ number: string; hash: string }>(['newHeads']);
      const logs = await listen<ChainLog>(['logs', { address: logger.address }]);
      await eventually(() => heads.events.length > 1, 'heads');
      const firstBlock = Number(heads.events.at(-1)!.number) + 1;
      const stopLogging = keepLogging();
      await happen();
      await blocks(2);
      await stopLogging();
      const lastBlock = (await height()) + 1;
      await eventually(() => Number(heads.events.at(-1)!.number) > lastBlock, 'heads up to the end', 20_000);
      const range = { fromBlock: `0x${firstBlock.toString(16)}`, toBlock: `0x${lastBlock.toString(16)}` };
      const made = await atNode<ChainLog[]>('eth_getLogs', [{ address: logger.address, ...range }]);
      assert.ok(made.length > 20, `${made.length} logs`);
      const keyOf = (log: ChainLog) => `${log.blockHash}:${Number(log.logIndex)}:${log.removed}`;
      const wanted = made.map(keyOf);
      await eventually(
        () => wanted.every(key => logs.events.some(log => keyOf(log) === key)),
        'all logs',
        10_000,
      );
      const got = logs.events.map(keyOf);
      assert.equal(got.length, new Set(got).size, 'no log twice');
      const numbers = heads.events.map(({ number }) => Number(number));
      assert.deepEqual(
        numbers,
        Array.from({ length: numbers.length }, (_, i) => numbers[0]! + i),
      );
      for (const { socket } of [heads, logs]) socket.close();
    });
  }
});
