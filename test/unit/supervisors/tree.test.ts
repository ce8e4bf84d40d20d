import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock } from '../../../src/clock/system-clock.ts';
import { Exchange } from '../../../src/exchange/exchange.ts';
import { type SupervisorNode, specTree } from '../../../src/otp/supervision-tree.ts';
import { createLog } from '../../../src/telemetry/create-log.ts';
import { silentMetrics } from '../../../src/telemetry/metrics.ts';
import { Redactor } from '../../../src/telemetry/redactor.ts';
import { accept } from '../config/sample-config.ts';

const storage = 'storage: { resp: { port: 0 } }\n';

function tree(more = ''): SupervisorNode {
  const loaded = accept(
    `${more}chains:\n  test: { chain_id: 1, providers: [{ id: a, url: "http://127.0.0.1:1/", ws_url: "ws://127.0.0.1:1/" }, { id: b, url: "http://127.0.0.1:2/" }] }\n`,
  );
  const exchange = new Exchange(
    { loaded, adminToken: 'x', version: '0' },
    {
      clock: systemClock,
      log: createLog({ level: 'error' }),
      metrics: silentMetrics,
      redactor: new Redactor(),
    },
  );
  return specTree(exchange.specification(exchange.assemblies.get('test')!.parts));
}

/** The tree as `id strategy: children`, a line a supervisor. */
function outline(node: SupervisorNode): string[] {
  return [
    `${node.id} ${node.strategy}: ${node.children.map(child => child.id).join(' ')}`,
    ...node.children.flatMap(child => (child.supervisor === undefined ? [] : outline(child.supervisor))),
  ];
}

describe('the supervision tree', () => {
  it('starts the gateway after the chains and before the roster, so that a drain comes before the chains end', () => {
    assert.deepEqual(outline(tree()), [
      'root rest_for_one: telemetry feed chains gateway roster config',
      'telemetry one_for_one: runtime_monitor',
      'feed one_for_one: event_log',
      'chains dynamic: chain:test',
      'chain:test rest_for_one: message_aggregator head_tracker chain_follower providers',
      'providers one_for_one: provider:a provider:b',
      'provider:a one_for_one: circuit_breaker:http circuit_breaker:ws websocket health_probe',
      'provider:b one_for_one: circuit_breaker:http health_probe',
    ]);
  });

  it('starts the storage before the chains, whose data it may keep, and restarts readers but no client with its writer', () => {
    assert.deepEqual(outline(tree(storage)).slice(0, 5), [
      'root rest_for_one: telemetry storage feed chains gateway roster config',
      'telemetry one_for_one: runtime_monitor',
      'storage one_for_one: circuit_breaker storage_threads storage_resp',
      'storage_threads rest_for_one: writer readers',
      'storage_resp one_for_one: resp_listener',
    ]);
  });

  it('gives the storage 30 s to answer what it accepted and to close its files', () => {
    const [, storageNode] = tree(storage).children;
    const threads = storageNode!.supervisor!.children[1]!.supervisor!.children;
    assert.deepEqual(
      threads.map(({ id, shutdown }) => [id, shutdown]),
      [
        ['writer', 36_000],
        ['readers', 15_000],
      ],
    );
  });

  it('restarts every part of it, and says of each what it is for', () => {
    const all = (node: SupervisorNode): SupervisorNode['children'][number][] =>
      node.children.flatMap(child => [
        child,
        ...(child.supervisor === undefined ? [] : all(child.supervisor)),
      ]);
    for (const child of all(tree(storage))) {
      assert.equal(child.restart, 'permanent', child.id);
      assert.match(child.about ?? child.supervisor?.about ?? '', /\.$/, child.id);
    }
  });
});
