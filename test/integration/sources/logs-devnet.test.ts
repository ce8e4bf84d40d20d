import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Keypair } from '@solana/web3.js';
import type { StreamSubscriber, Subscription } from '../../../src/aggregation/stream-hub.ts';
import { encode } from '../../../src/chains/solana/base58.ts';
import { systemClock } from '../../../src/clock/system-clock.ts';
import { SolanaNode } from '../../../src/devnet/solana/node/solana-node.ts';
import { ProcessSystem } from '../../../src/otp/process-system.ts';
import { startSupervisor } from '../../../src/otp/supervisor.ts';
import { supervisorSpec } from '../../../src/otp/supervisor-spec.ts';
import { LogsSource } from '../../../src/sources/logs/logs-source.ts';
import { logsSourceChild, logsSourceName } from '../../../src/sources/logs/logs-source-process.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { silentMetrics } from '../../../src/telemetry/metrics.ts';
import { eventually } from '../../support/eventually.ts';
import { RecordingSourceListener } from '../../support/recording-source-listener.ts';
import { filterOf } from '../../unit/sources/geyser/geyser-setup.ts';
import { callsTo } from './node-calls.ts';

const systemProgram = '11111111111111111111111111111111';

/** Streams of a node, a WebSocket each; `cut` ends them all. */
class NodeStreams {
  readonly #port: number;
  readonly #sockets = new Set<WebSocket>();
  events = 0;

  constructor(port: number) {
    this.#port = port;
  }

  subscribe(params: string, subscriber: StreamSubscriber): Promise<Subscription> {
    const [method, ...rest] = JSON.parse(params) as [string, ...unknown[]];
    const socket = new WebSocket(`ws://127.0.0.1:${this.#port}`);
    this.#sockets.add(socket);
    return new Promise((resolve, reject) => {
      socket.onopen = () => socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: rest }));
      socket.onerror = () => reject(new Error('no connection'));
      socket.onclose = () => subscriber.onEnd('closed');
      socket.onmessage = ({ data }) => {
        const message = JSON.parse(String(data));
        if (message.id === 1) resolve({ cancel: () => this.#end(socket) });
        if (message.params === undefined) return;
        this.events++;
        subscriber.onEvent(Buffer.from(JSON.stringify(message.params.result)));
      };
    });
  }

  cut(): void {
    for (const socket of [...this.#sockets]) this.#end(socket);
  }

  #end(socket: WebSocket): void {
    this.#sockets.delete(socket);
    socket.close();
  }
}

test('every transaction once from logs, while subscriptions end, processes die and blocks are abandoned', async t => {
  const node = new SolanaNode(
    {
      chain: 'logs-test',
      port: 0,
      geyserPort: 0,
      geyserToken: 'secret',
      blockTimeMs: 40,
      accounts: 2,
      confirmAfter: 2,
      finalizeAfter: 8,
    },
    { clock: systemClock, log: silentLog },
  );
  const { port } = await node.start();
  const streams = new NodeStreams(port);
  const system = new ProcessSystem({ clock: systemClock });
  t.after(async () => {
    await system.stop();
    streams.cut();
    await node.stop();
  });
  const listener = new RecordingSourceListener();
  const source = new LogsSource(
    { chain: 'test', commitment: 'confirmed', reconcileIntervalMs: 300, resubscribeMs: 50 },
    { listener, streams, calls: callsTo(port), clock: systemClock, log: silentLog, metrics: silentMetrics },
  );
  const children = [logsSourceChild(source)];
  await startSupervisor(
    system,
    supervisorSpec({ id: 'source:logs', strategy: 'one_for_one', intensity: 100, periodMs: 1000, children }),
  );
  source.subscribe([{ id: 'pipe', since: 0, filter: filterOf({ programs: [systemProgram], failed: true }) }]);
  const { publicKey } = Keypair.generate();
  for (let round = 0; round < 80; round++) {
    node.bank.airdrop(publicKey, BigInt(1_000_000 + round));
    if (round % 13 === 6) streams.cut();
    if (round % 29 === 20) system.exit(logsSourceName(source), 'kill');
    if (round % 17 === 9) node.bank.fork(1, { drop: round % 2 === 0 });
    const { openSlot } = node.bank;
    await eventually(() => node.bank.openSlot > openSlot);
  }
  const end = node.bank.slotAt('processed');
  await eventually(() => listener.last >= end, 'all settles');
  const canonical: string[] = [];
  for (let slot = 1; slot <= end; slot++) {
    for (const { signature, accountKeys } of node.bank.block(slot)?.transactions ?? []) {
      if (accountKeys.some(key => encode(key) === systemProgram))
        canonical.push(`${slot}:${encode(signature)}`);
    }
  }
  const told = listener.transactions().filter(key => Number(key.split(':')[0]) <= end);
  assert.ok(canonical.length > 60);
  assert.ok(streams.events > 0);
  assert.equal(new Set(told).size, told.length);
  assert.deepEqual(told.sort(), canonical.sort());
  assert.deepEqual(listener.late, []);
  assert.deepEqual(listener.gaps, []);
});
