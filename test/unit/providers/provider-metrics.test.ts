import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Provider } from '../../../src/providers/provider.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { PromMetricRegistry } from '../../../src/telemetry/prom-metric-registry.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { chainConfigOf, plainFamily } from './fixtures.ts';

function setUp() {
  const metrics = new PromMetricRegistry();
  const clock = new ManualClock();
  const chainConfig = chainConfigOf({
    providers: [
      {
        id: 'node-1',
        url: 'http://127.0.0.1:1/v1/canary-5f2a9c',
        ws_url: 'ws://127.0.0.1:1/v1/canary-5f2a9c',
      },
    ],
  });
  const provider = new Provider(
    {
      chain: 'devnet',
      identity: '31337',
      chainConfig,
      config: chainConfig.providers[0]!,
      family: plainFamily,
      maxResponseBytes: 1024,
    },
    { clock, log: silentLog, metrics },
  );
  const value = async (series: string) => {
    const line = (await metrics.expose()).split('\n').find(text => text.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length + 1));
  };
  return { metrics, clock, provider, value };
}

const own = '{chain="devnet",provider="node-1"}';
const over = (transport: string, outcome: string) =>
  `trunkline_provider_attempts_total{chain="devnet",provider="node-1",transport="${transport}",outcome="${outcome}"}`;

describe('the metrics of a provider', () => {
  it('tell how attempts end, by transport and class, and how long they take', async () => {
    const { provider, value } = setUp();
    const { counters } = provider;
    for (let i = 0; i < 6; i++) counters.started();
    counters.answered('http', 20);
    counters.answered('websocket', 20);
    counters.failed('http', 'failure', 'attempt_timeout', 2000);
    counters.failed('http', 'rate_limited', 'rate_limited', 2);
    counters.cancelled('http');
    assert.equal(await value(`trunkline_provider_in_flight${own}`), 1);
    assert.equal(await value(over('http', 'answer')), 1);
    assert.equal(await value(over('websocket', 'answer')), 1);
    assert.equal(await value(over('http', 'failure')), 1);
    assert.equal(await value(over('http', 'rate_limited')), 1);
    assert.equal(await value(over('http', 'cancelled')), 1);
    assert.equal(
      await value(
        'trunkline_provider_failures_total{chain="devnet",provider="node-1",code="attempt_timeout"}',
      ),
      1,
    );
    assert.equal(await value(`trunkline_provider_attempt_duration_seconds_count${own}`), 4);
  });

  it('show state, head, cool-down and breakers as they are when Prometheus asks', async () => {
    const { provider, clock, value } = setUp();
    const breaker = 'trunkline_breaker_state{chain="devnet",provider="node-1",transport="http"}';
    assert.equal(await value(`trunkline_provider_up${own}`), 0);
    assert.equal(await value(breaker), 3);
    provider.state = 'up';
    provider.reportHead({ number: 12, hash: '0x', parentHash: '0x', timestamp: 0 });
    provider.coolDown.limited(clock.now(), undefined);
    provider.httpBreaker!.own({ onOpened: () => {}, onRecovered: () => {} });
    assert.equal(await value(`trunkline_provider_up${own}`), 1);
    assert.equal(await value(`trunkline_provider_head${own}`), 12);
    assert.equal(await value(`trunkline_provider_cooling${own}`), 1);
    assert.equal(await value(breaker), 0);
    provider.httpBreaker!.trip('test');
    assert.equal(await value(breaker), 2);
    provider.httpBreaker!.halfOpen();
    assert.equal(await value(breaker), 1);
    clock.advance(10_000);
    assert.equal(await value(`trunkline_provider_cooling${own}`), 0);
  });

  it('lose the gauges of a provider that was taken out, and never hold its key', async () => {
    const { provider, metrics, value } = setUp();
    provider.counters.started();
    provider.counters.answered('http', 1);
    assert.doesNotMatch(await metrics.expose(), /canary/);
    provider.close();
    assert.equal(await value(`trunkline_provider_up${own}`), undefined);
    assert.equal(await value(`trunkline_provider_websocket_open${own}`), undefined);
    assert.equal(await value(over('http', 'answer')), 1);
  });

  it('are taken away only once nothing runs any more, or after the given time', () => {
    const { provider, clock } = setUp();
    const refusal = () =>
      provider.refusal(
        {
          policy: plainFamily.policy('eth_call'),
          payload: Buffer.alloc(0),
          idBytes: Buffer.alloc(0),
          demand: { kind: 'none' },
        },
        0,
      );
    provider.counters.started();
    provider.closeWhenIdle(10_000);
    clock.advance(5000);
    assert.equal(refusal(), 'starting');
    provider.counters.cancelled('http');
    clock.advance(100);
    assert.equal(refusal(), 'stopped');

    const busy = setUp();
    busy.provider.counters.started();
    busy.provider.closeWhenIdle(10_000);
    busy.clock.advance(10_100);
    assert.equal(
      busy.provider.refusal(
        {
          policy: plainFamily.policy('eth_call'),
          payload: Buffer.alloc(0),
          idBytes: Buffer.alloc(0),
          demand: { kind: 'none' },
        },
        0,
      ),
      'stopped',
    );
  });
});
