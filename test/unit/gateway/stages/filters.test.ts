import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CallAnswer } from '../../../../src/gateway/call.ts';
import { FilterStage, type FilterStageOptions } from '../../../../src/gateway/stages/filters.ts';
import { PromMetricRegistry } from '../../../../src/telemetry/prom-metric-registry.ts';
import { FakeChain } from '../routing/fake-chain.ts';

class Filters {
  readonly fake = new FakeChain();
  readonly metrics = new PromMetricRegistry();
  readonly stage: FilterStage;

  constructor(options: FilterStageOptions = {}) {
    const { fake, metrics } = this;
    this.stage = new FilterStage((call, done) => fake.router.route(call, done), options, {
      clock: fake.clock,
      metrics,
    });
  }

  send(method: string, params = '[]', chain = this.fake): CallAnswer[] {
    const answers: CallAnswer[] = [];
    this.stage.handle(chain.call(method, params), answer => answers.push(answer));
    return answers;
  }

  /** Makes a filter at the provider that is first in line; returns the id that the client sees. */
  create(upstreamId = '"0x1"'): string {
    const answers = this.send('eth_newFilter', '[{}]');
    this.fake.last.answer(upstreamId);
    return result(answers) as string;
  }
}

const json = (answers: readonly CallAnswer[]) =>
  JSON.parse(answers[0]!.body.toString()) as {
    id: number;
    result?: unknown;
    error?: { code: number; message: string; data: { code: string } };
  };
const result = (answers: readonly CallAnswer[]) => json(answers).result;

describe('FilterStage', () => {
  it('gives the client an id of its own, since two providers may give the same', () => {
    const filters = new Filters();
    const one = filters.create('"0x1"');
    filters.fake.providers[0]!.refusalReason = 'breaker_open';
    const other = filters.create('"0x1"');
    assert.match(one, /^0x[0-9a-f]{32}$/);
    assert.notEqual(one, other);
  });

  it("reads a filter at the provider that made it, under that provider's id", () => {
    const filters = new Filters();
    const id = filters.create('"0xabc"');
    filters.fake.providers[0]!.priority = 99;
    const answers = filters.send('eth_getFilterChanges', JSON.stringify([id]));
    assert.equal(filters.fake.last.provider, 'p1');
    assert.match(filters.fake.last.payload, /"params":\["0xabc"\]/);
    filters.fake.last.answer('[]');
    assert.deepEqual(json(answers), { jsonrpc: '2.0', id: 7, result: [] });
  });

  it('goes to no other provider while its own cannot answer', () => {
    const filters = new Filters();
    const id = filters.create();
    filters.fake.providers[0]!.refusalReason = 'breaker_open';
    const answers = filters.send('eth_getFilterLogs', JSON.stringify([id]));
    assert.equal(json(answers).error?.data.code, 'no_provider');
    assert.equal(filters.fake.attempts.length, 1);
  });

  it('knows no filter of another chain, no foreign id, and none that is no text', () => {
    const filters = new Filters();
    const id = filters.create();
    const elsewhere = new FakeChain();
    Object.assign(elsewhere.chain, { name: 'other' });
    for (const [params, chain] of [
      [JSON.stringify([id]), elsewhere],
      ['["0x1"]', filters.fake],
      ['[1]', filters.fake],
      ['{}', filters.fake],
      ['[]', filters.fake],
      [JSON.stringify(['x'.repeat(2_000)]), filters.fake],
    ] as const) {
      const answers = filters.send('eth_getFilterChanges', params, chain);
      assert.equal(json(answers).error?.code, -32000, params.slice(0, 40));
      assert.equal(json(answers).error?.message, 'filter not found');
    }
    assert.equal(filters.fake.attempts.length, 1);
  });

  it('forgets an uninstalled filter, and one whose uninstalling failed not', () => {
    const filters = new Filters();
    const id = filters.create();
    filters.send('eth_uninstallFilter', JSON.stringify([id]));
    filters.fake.last.fail('failure');
    assert.equal(filters.stage.countOf('test'), 1);
    const answers = filters.send('eth_uninstallFilter', JSON.stringify([id]));
    filters.fake.last.answer('true');
    assert.equal(result(answers), true);
    assert.equal(filters.stage.countOf('test'), 0);
  });

  it('says of a filter whose provider was taken out that there is none, so that the client makes a new one', () => {
    const filters = new Filters();
    const id = filters.create();
    (filters.fake.chain.table.providers as unknown as unknown[]).shift();
    const answers = filters.send('eth_getFilterChanges', JSON.stringify([id]));
    assert.equal(json(answers).error?.data.code, 'filter_not_found');
    assert.equal(filters.stage.countOf('test'), 0);
  });

  it('passes on what an upstream says against a filter, and keeps none then', () => {
    const filters = new Filters();
    const answers = filters.send('eth_newFilter', '[{"fromBlock":1}]');
    filters.fake.last.error(-32602, 'invalid params');
    assert.equal(json(answers).error?.message, 'invalid params');
    assert.equal(filters.stage.countOf('test'), 0);
  });

  it('at its limit forgets the one unused for longest, and counts it', async () => {
    const filters = new Filters({ maxFilters: 2 });
    const [first, second] = [filters.create(), filters.create()];
    filters.send('eth_getFilterChanges', JSON.stringify([first]));
    filters.fake.last.answer('[]');
    filters.create();
    assert.equal(filters.stage.countOf('test'), 2);
    assert.ok(json(filters.send('eth_getFilterChanges', JSON.stringify([second]))).error);
    assert.equal(filters.send('eth_getFilterChanges', JSON.stringify([first])).length, 0, 'it is dispatched');
    assert.match(await filters.metrics.expose(), /filters_evicted_total\{chain="test",reason="limit"\} 1/);
  });

  it('forgets filters that were idle for as long as nodes keep them', async () => {
    const filters = new Filters({ idleMs: 1_000 });
    const id = filters.create();
    filters.create();
    filters.fake.clock.advance(900);
    filters.send('eth_getFilterChanges', JSON.stringify([id]));
    filters.fake.clock.advance(900);
    filters.create();
    assert.equal(filters.stage.countOf('test'), 2);
    assert.match(await filters.metrics.expose(), /filters_evicted_total\{chain="test",reason="idle"\} 1/);
  });
});
