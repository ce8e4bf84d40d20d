import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pipeline } from '../../../src/pipelines/define-pipeline.ts';
import { LogHandler } from '../../../src/pipelines/handlers/log-handler.ts';
import type { Parser } from '../../../src/pipelines/pipeline.ts';
import { type PipelineConfig, pipelineFromConfig } from '../../../src/pipelines/pipeline-config.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { moduleOffer } from './support/module-offer.ts';
import { byteParser, ScriptedHandler } from './support/pipeline-bench.ts';

const parts = {
  id: 'p',
  chain: 'solana',
  filter: { kind: 'account' as const },
  parser: byteParser,
  handlers: [new ScriptedHandler()],
};

describe('pipeline', () => {
  it('is written in code as in the documentation', () => {
    const fees: Parser<{ signature: number; fee: number }> = {
      id: 'fees',
      parse(update) {
        if (update.kind !== 'transaction') return { kind: 'filtered' };
        return { kind: 'parsed', values: [{ signature: update.signature.length, fee: update.fee }] };
      },
    };
    const definition = pipeline({
      id: 'fees',
      chain: 'solana-devnet',
      filter: { kind: 'transaction', failed: true },
      parser: fees,
      handlers: [
        new LogHandler({ id: 'log' }, { log: silentLog }),
        { id: 'sum', handle: ({ value }: { value: { fee: number } }) => void value.fee },
      ],
      retry: { attempts: 10 },
      buffer: { overflowPolicy: 'spill' },
    });
    assert.equal(definition.retry.attempts, 10);
    assert.equal(definition.retry.delayMs, 100);
    assert.deepEqual(
      [definition.source, definition.commitment, definition.filter.votes],
      ['geyser', 'confirmed', false],
    );
  });

  const wrong: [object, RegExp][] = [
    [{ id: 'a b' }, /its name/],
    [{ handlers: [] }, /no handlers/],
    [{ handlers: [new ScriptedHandler('a'), new ScriptedHandler('a')] }, /the same id/],
    [{ handlers: [{ id: 'a', handle() {}, accepts: () => true }] }, /needs the mode conditional/],
    [{ concurrency: 0 }, /concurrency/],
    [{ parseThreads: 2 }, /parserModule/],
    [{ retry: { attempts: 0 } }, /attempts/],
    [{ buffer: { maxCapacity: 0 } }, /max_capacity/],
    [{ buffer: { maxBytes: 0 } }, /max_bytes/],
  ];
  for (const [change, message] of wrong)
    it(`refuses what contradicts itself: ${message.source}`, () => {
      assert.throws(() => pipeline({ ...parts, ...change }), { code: 'pipeline_invalid', message });
    });
});

describe('pipelineFromConfig', () => {
  const config: PipelineConfig = {
    chain: 'solana-devnet',
    source: 'logs',
    commitment: 'finalized',
    kind: 'instruction',
    filter: {
      programs: ['11111111111111111111111111111111'],
      accounts: [],
      required: [],
      excluded: [],
      owners: [],
      memcmp: [],
      data_size: 165,
      failed: false,
      votes: false,
    },
    parser: { type: 'system' },
    parse_threads: 2,
    handlers: [
      { type: 'log', level: 'debug', timeout: 3_000 },
      {
        type: 'webhook',
        url: 'http://127.0.0.1:1/',
        timeout: 2_000,
        when: { path: 'name', equals: 'transfer' },
      },
      { type: 'log' },
    ],
    mode: 'conditional',
    concurrency: 4,
    order_by: 'signature',
    retry: { attempts: 7, delay: 1, max_delay: 2, multiplier: 3, jitter: 0.5 },
    buffer: {
      max_capacity: 11,
      max_bytes: 70_000,
      batch_size: 12,
      batch_timeout: 13,
      overflow_policy: 'drop_oldest',
    },
    max_dead_letters: 14,
    drain_timeout: 15,
  };
  const dependencies = {
    clock: new ManualClock(),
    log: silentLog,
    directory: '.',
    store: undefined,
    feedHandler: undefined,
    moduleContext: moduleOffer(),
  };

  it('is what the section says', async () => {
    const definition = await pipelineFromConfig('mine', config, dependencies);
    const { parser, handlers, parserModule, ...rest } = definition;
    const { data_size: dataSize, ...filter } = config.filter;
    assert.deepEqual(rest, {
      id: 'mine',
      metricsLabel: 'mine',
      chain: 'solana-devnet',
      source: 'logs',
      commitment: 'finalized',
      startAfter: undefined,
      filter: { ...filter, kind: 'instruction', dataSize },
      parseThreads: 2,
      parseTimeoutMs: 10_000,
      maxParseErrors: 0,
      mode: 'conditional',
      concurrency: 4,
      orderBy: 'signature',
      retry: { attempts: 7, delayMs: 1, maxDelayMs: 2, multiplier: 3, jitter: 0.5 },
      buffer: {
        maxCapacity: 11,
        maxBytes: 70_000,
        batchSize: 12,
        batchTimeoutMs: 13,
        overflowPolicy: 'drop_oldest',
        maxSpillBytes: 256 * 2 ** 20,
      },
      maxDeadLetters: 14,
      maxRetractable: 100_000,
      drainTimeoutMs: 15,
    });
    assert.equal(parser.id.includes('system'), true);
    assert.deepEqual(
      handlers.map(({ id, timeoutMs }) => [id, timeoutMs]),
      [
        ['log', 3_000],
        ['webhook', 2_000],
        ['log-2', undefined],
      ],
    );
    assert.equal(handlers[1]!.accepts!({ value: { name: 'burn' } } as never), false);
    assert.match(parserModule!.url, /create-parser/);
  });

  for (const handler of [
    { type: 'storage' },
    { type: 'feed' },
    { type: 'webhook' },
    { type: 'module' },
  ] as const)
    it(`refuses a ${handler.type} handler without what it needs`, () =>
      assert.rejects(pipelineFromConfig('mine', { ...config, handlers: [handler] }, dependencies), {
        code: 'pipeline_invalid',
      }));
});
