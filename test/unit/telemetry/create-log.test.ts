import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { createLog, type LogOptions } from '../../../src/telemetry/create-log.ts';
import { PromMetricRegistry } from '../../../src/telemetry/prom-metric-registry.ts';
import { Redactor } from '../../../src/telemetry/redactor.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { parseExposition } from './support/parse-exposition.ts';

/** A stream that keeps what is written; with `stuck`, its reader never reads. */
class Sink extends Writable {
  text = '';
  readonly isTTY: boolean;
  readonly #stuck: boolean;

  constructor({ isTTY = false, stuck = false } = {}) {
    super({ decodeStrings: false });
    this.isTTY = isTTY;
    this.#stuck = stuck;
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.text += chunk;
    if (!this.#stuck) done();
  }

  get lines(): string[] {
    return this.text.split('\n').slice(0, -1);
  }

  get entries(): Record<string, unknown>[] {
    return this.lines.map(line => JSON.parse(line));
  }
}

function setUp(options: LogOptions = {}, sink = new Sink()) {
  const clock = new ManualClock();
  const metrics = new PromMetricRegistry();
  const log = createLog({ stream: sink, ...options }, { clock, metrics });
  const dropped = async (reason: string) =>
    parseExposition(await metrics.expose()).value('trunkline_log_lines_dropped_total', { reason });
  return { log, sink, clock, dropped };
}

describe('createLog', () => {
  it('writes one JSON object a line, with the fields of the line and of its log', () => {
    const { log, sink, clock } = setUp();
    log.child({ chain: 'ethereum' }).child({ provider: 'infura' }).warn('slow', { ms: 12, chain: 'base' });
    assert.deepEqual(sink.entries, [
      {
        time: new Date(clock.wallNow()).toISOString(),
        level: 'warn',
        message: 'slow',
        chain: 'base',
        provider: 'infura',
        ms: 12,
      },
    ]);
  });

  it('keeps fields apart from what every line has', () => {
    const { log, sink } = setUp();
    log.info('started', { message: 'a', level: 'b', time: 'c' });
    const [entry] = sink.entries;
    assert.equal(entry?.message, 'started');
    assert.deepEqual([entry?.message_, entry?.level_, entry?.time_], ['a', 'b', 'c']);
  });

  it('writes its level and what matters more, and follows a change at once, children too', () => {
    const { log, sink } = setUp({ level: 'warn' });
    const child = log.child({});
    for (const level of ['debug', 'info', 'warn', 'error'] as const) child[level](level);
    log.level = 'debug';
    child.debug('now');
    log.level = 'error';
    child.warn('no more');
    assert.deepEqual(
      sink.entries.map(entry => entry.message),
      ['warn', 'error', 'now'],
    );
    assert.equal(log.level, 'error');
  });

  it('shows stacks at level debug only', () => {
    const { log, sink } = setUp();
    log.error('failed', { error: new Error('x') });
    log.level = 'debug';
    log.error('failed', { error: new Error('x') });
    const [plain, debug] = sink.entries as { error: Record<string, unknown> }[];
    assert.deepEqual(plain?.error, { message: 'x' });
    assert.match(String(debug?.error.stack), /create-log\.test/);
  });

  it('is pretty on a terminal and JSON elsewhere, unless told', () => {
    const pretty = /^\S*\d\d:\d\d:\d\d\.\d{3}\S* \S*INFO /;
    const line = (options: LogOptions, isTTY: boolean) => {
      const { log, sink } = setUp(options, new Sink({ isTTY }));
      log.info('up', { chain: 'base' });
      return sink.text;
    };
    assert.match(stripVTControlCharacters(line({}, true)), pretty);
    assert.match(line({}, false), /^\{/);
    assert.match(line({ format: 'json' }, true), /^\{/);
    assert.match(line({ format: 'pretty' }, false), pretty);
  });

  it('lets no secret through, in text, fields, keys and errors', () => {
    const canary = 'CANARY0123456789';
    for (const format of ['pretty', 'json'] as const) {
      const { log, sink } = setUp({ format, level: 'debug', redactor: new Redactor([canary]) });
      const error = new Error(`GET https://a.example/${canary}`, { cause: new Error(canary) });
      log.child({ [canary]: 1 }).error(`failed: ${canary}`, { error, list: [{ canary }] });
      assert.equal(sink.lines.length > 0, true);
      assert.ok(!sink.text.includes(canary));
    }
  });

  it('cannot be made to write a line or a colour of its own', () => {
    const { log, sink } = setUp({ format: 'pretty' });
    const forged = 'x\n12:00:00.000 ERROR forged\u001b[31m\u2028\u202e';
    log.info(forged, { [forged]: forged, error: new Error(forged) });
    assert.equal(sink.lines.length, 1);
    assert.doesNotMatch(sink.lines[0]!, /[\p{Cc}\u2028\u202e]/u);
  });

  it('never throws and writes one line each, whatever it is given', () => {
    for (const format of ['pretty', 'json'] as const) {
      const { log, sink } = setUp({ format, floodLimit: 1e9 });
      const text = fc.oneof(fc.string({ unit: 'binary' }), fc.anything());
      fc.assert(
        fc.property(text, fc.anything(), (message, value) => {
          const before = sink.lines.length;
          log.info(message as string, { value });
          log.error('x', value as Record<string, unknown>);
          assert.ok(sink.lines.length - before <= 2);
        }),
      );
      const hostile = new Proxy({}, { ownKeys: () => assert.fail('never') });
      log.info('hostile', hostile);
    }
  });

  it('bounds the length of a line', () => {
    const { log, sink } = setUp();
    log.info('m'.repeat(1e6), { field: 'f'.repeat(1e6), list: Array(1e5).fill('l'.repeat(100)) });
    assert.ok(sink.text.length < 50_000);
  });

  it('holds back a flood of alike lines, says how many, and lets others pass', async () => {
    const { log, sink, clock, dropped } = setUp({ floodLimit: 3 });
    for (let i = 0; i < 100; i++) log.warn(`attempt ${i} failed`);
    log.warn('something else');
    log.error('attempt 1 failed');
    assert.equal(sink.lines.length, 5);
    assert.equal(await dropped('flood'), 97);
    clock.advance(1000);
    assert.equal(sink.entries.at(-1)?.message, 'held back 97 lines like: attempt 0 failed');
    log.warn('attempt 7 failed');
    assert.equal(sink.entries.at(-1)?.message, 'attempt 7 failed');
    assert.equal(clock.pendingCount, 1);
    clock.advance(1000);
    assert.equal(sink.lines.length, 7);
    assert.equal(clock.pendingCount, 0);
  });

  it('holds nothing back at level debug', () => {
    const { log, sink } = setUp({ floodLimit: 1, level: 'debug' });
    for (let i = 0; i < 5; i++) log.debug('same');
    assert.equal(sink.lines.length, 5);
  });

  it('writes out what it holds back when it is flushed', () => {
    const { log, sink } = setUp({ floodLimit: 1 });
    for (let i = 0; i < 5; i++) log.info('same');
    log.flush();
    assert.equal(sink.entries.at(-1)?.message, 'held back 4 lines like: same');
  });

  it('drops lines, and counts them, when its reader does not read', async () => {
    const { log, sink, dropped } = setUp({ floodLimit: 1e9 }, new Sink({ stuck: true }));
    for (let i = 0; i < 3000; i++) log.info('x', { filler: 'y'.repeat(8000) });
    assert.ok(sink.writableLength < 9 * 1024 * 1024);
    assert.ok((await dropped('slow_reader'))! > 500);
  });

  it('outlives its reader', async () => {
    const { log, sink, dropped } = setUp();
    sink.destroy(new Error('EPIPE'));
    await new Promise(resolve => setImmediate(resolve));
    log.info('nobody reads this');
    assert.ok((await dropped('unwritable'))! >= 1);
  });
});
