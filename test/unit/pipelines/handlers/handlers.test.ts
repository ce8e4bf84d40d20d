import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { findFreePort } from '../../../../src/devnet/free-port.ts';
import { conditional, holds } from '../../../../src/pipelines/handlers/condition.ts';
import { keyTemplate } from '../../../../src/pipelines/handlers/key-template.ts';
import { LogHandler } from '../../../../src/pipelines/handlers/log-handler.ts';
import { loadModuleHandler } from '../../../../src/pipelines/handlers/module-handler.ts';
import { StorageHandler } from '../../../../src/pipelines/handlers/storage-handler.ts';
import { WebhookHandler } from '../../../../src/pipelines/handlers/webhook-handler.ts';
import type { PipelineItem } from '../../../../src/pipelines/pipeline.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { RunningStorage } from '../../../support/storage-runtime.ts';
import { moduleOffer } from '../support/module-offer.ts';

const signal = new AbortController().signal;

function item(value: unknown, key = '5:sig:0.2:0', isRemoved = false): PipelineItem {
  const origin = { chain: 'sol', slot: 5, signature: 'sig', path: '0.2', ordinal: 0, key, isRemoved };
  return { pipeline: 'p', value, origin };
}

describe('StorageHandler', () => {
  it('keeps values as JSON under keys of their origin, the same again without effect, and removes what is taken back', async () => {
    const storage = new RunningStorage();
    await storage.start();
    try {
      const store = storage.client.store('kv');
      const handler = new StorageHandler(
        { id: 's', key: '{chain}:{pipeline}:{slot}:{signature}:{path}:{name}' },
        { store },
      );
      await handler.handleBatch([item({ name: 'Paid', amount: 7n }), item({ name: 'Left' })]);
      await handler.handle(item({ name: 'Paid', amount: 7n }));
      assert.equal(String(await store.get('sol:p:5:sig:0.2:Paid')), '{"name":"Paid","amount":"7"}');
      assert.equal(await store.dbSize(), 2);
      await handler.handle(item({ name: 'Left' }, undefined, true));
      assert.equal(await store.get('sol:p:5:sig:0.2:Left'), null);
    } finally {
      await storage.stop();
      await storage.remove();
    }
  });

  it('refuses a template with something that there is not', () => {
    assert.throws(() => keyTemplate('{chain}:{block}'), {
      code: 'pipeline_invalid',
      message: /\{block\} is none of/,
    });
  });
});

describe('LogHandler', () => {
  it('writes a line at its level', () => {
    const lines: unknown[] = [];
    const log = {
      ...silentLog,
      debug: (message: string, fields?: object) => void lines.push([message, fields]),
    };
    new LogHandler({ id: 'l', level: 'debug' }, { log }).handle(item({ amount: 1n }));
    assert.deepEqual(lines, [['pipeline p', { chain: 'sol', key: '5:sig:0.2:0', value: { amount: '1' } }]]);
  });
});

describe('WebhookHandler', () => {
  const requests: { headers: IncomingHttpHeaders; body: string }[] = [];
  let answer: { status: number; headers?: Record<string, string> } = { status: 204 };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', chunk => {
      body += chunk;
    });
    request.on('end', () => {
      requests.push({ headers: request.headers, body });
      response.writeHead(answer.status, answer.headers).end();
    });
  }).listen(0, '127.0.0.1');
  after(() => void server.close());
  const make = () => {
    const { port } = server.address() as AddressInfo;
    const url = `http://user:hidden@127.0.0.1:${port}/hook?key=hidden`;
    return new WebhookHandler({ id: 'w', url, headers: { 'x-mine': '1' } }, { clock: new ManualClock() });
  };

  it('posts values with a key that is the same when they come again', async () => {
    const handler = make();
    await handler.handle(item({ amount: 5n }), signal);
    await handler.handleBatch([item(1, 'a'), item(2, 'b')], signal);
    await handler.handleBatch([item(1, 'a'), item(2, 'b')], signal);
    const [one, many, again] = requests;
    assert.equal(one!.headers['idempotency-key'], '5:sig:0.2:0');
    assert.equal(one!.headers['x-mine'], '1');
    assert.equal(one!.headers.authorization, `Basic ${Buffer.from('user:hidden').toString('base64')}`);
    assert.deepEqual(JSON.parse(one!.body), [
      { pipeline: 'p', origin: item(0).origin, value: { amount: '5' } },
    ]);
    assert.equal(JSON.parse(many!.body).length, 2);
    assert.equal(many!.headers['idempotency-key'], again!.headers['idempotency-key']);
  });

  for (const [status, code] of [
    [500, 'handler_failed'],
    [429, 'handler_failed'],
    [400, 'handler_refused'],
    [302, 'handler_refused'],
  ] as const) {
    it(`${status} is ${code}`, async () => {
      answer = { status, headers: { 'retry-after': '7', location: 'http://127.0.0.1:1/' } };
      await assert.rejects(make().handle(item(1), signal), (error: Error & { code: string }) => {
        assert.equal(error.code, code);
        assert.doesNotMatch(`${error.stack}`, /hidden/);
        return true;
      });
      answer = { status: 204 };
    });
  }

  it('hands on how long it is asked to wait', async () => {
    answer = { status: 503, headers: { 'retry-after': '7' } };
    await assert.rejects(make().handle(item(1), signal), { details: { status: 503, retryAfterMs: 7_000 } });
    answer = { status: 204 };
  });

  it('does not tell its URL when nobody is there', async () => {
    const url = `http://127.0.0.1:${await findFreePort('127.0.0.1')}/?key=hidden`;
    const handler = new WebhookHandler({ id: 'w', url }, { clock: new ManualClock() });
    await assert.rejects(handler.handle(item(1), signal), (error: Error) => {
      assert.match(error.message, /^w could not be reached: ECONNREFUSED/);
      assert.doesNotMatch(`${error.stack} ${JSON.stringify(error.cause ?? null)}`, /hidden/);
      return true;
    });
  });

  it('says of a port that nobody may be reached at what is wrong with it, and is not asked again', async () => {
    const url = 'http://127.0.0.1:6667/?key=hidden';
    const handler = new WebhookHandler({ id: 'w', url }, { clock: new ManualClock() });
    await assert.rejects(handler.handle(item(1), signal), (error: Error & { code: string }) => {
      assert.equal(error.code, 'handler_refused');
      assert.match(error.message, /^w: fetch refuses its port .*: use another one$/);
      return true;
    });
  });
});

describe('loadModuleHandler', () => {
  const directory = mkdtempSync(join(tmpdir(), 'trunkline-module-'));
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text);
  const load = (path: string, rest: object = {}) =>
    loadModuleHandler({ id: 'm', path, directory, context: moduleOffer(), ...rest });

  it('takes a function and an object with handle, by the name of its export', async () => {
    write(
      'mine.mjs',
      `export const seen = [];
       export default function handler(item, context) { seen.push(item.value, context.signal.aborted, context.chain); }
       export const batches = { handle() {}, handleBatch(items) { seen.push(items.length, this === batches); } };`,
    );
    const handler = await load('./mine.mjs');
    await handler.handle(item('v'), signal);
    const batches = await load('./mine.mjs', { export: 'batches' });
    await batches.handleBatch!([item(1), item(2)], signal);
    const { seen } = await import(join(directory, 'mine.mjs'));
    assert.deepEqual(seen, ['v', false, 'solana-devnet', 2, true]);
  });

  for (const [name, text, wanted] of [
    ['broken.mjs', 'export default function (', /cannot be loaded/],
    ['throws.mjs', 'throw new Error("no luck")', /cannot be loaded: no luck/],
    ['other.mjs', 'export const other = 1', /no export default; it exports other/],
    ['number.mjs', 'export default 5', /neither a function nor an object/],
    ['throws-null.mjs', 'throw Object.create(null)', /cannot be loaded: what was thrown has no form as text/],
    ['batch.mjs', 'export default { handle() {}, handleBatch: 5 }', /`handleBatch` .* is a number, not/],
    [
      'gap.mjs',
      'export default { handle() {}, onGap: {} }',
      /`onGap` of its export default is an object, not a function/,
    ],
    ['late.mjs', 'export default { handle() {}, timeoutMs: "5s" }', /`timeoutMs` .* no number of milli/],
  ] as const) {
    it(`says what is wrong with ${name}`, async () => {
      write(name, text);
      await assert.rejects(load(name), { code: 'handler_module', message: wanted });
    });
  }

  it('says that a file is missing', () =>
    assert.rejects(load('nowhere.mjs'), { code: 'handler_module', message: /nowhere\.mjs of handler m/ }));
});

describe('a condition', () => {
  const value = { data: { amount: 5n, text: '12', flag: true, none: null }, name: 'Paid' };
  const cases: [object, boolean][] = [
    [{ path: 'name', equals: 'Paid' }, true],
    [{ path: 'name', equals: 'Left' }, false],
    [{ path: 'data.amount', equals: 5 }, true],
    [{ path: 'data.text', equals: 12 }, true],
    [{ path: 'data.flag', equals: true }, true],
    [{ path: 'data.none', equals: null }, true],
    [{ path: 'data.none', exists: true }, false],
    [{ path: 'data.gone.deeper', exists: false }, true],
    [{ path: 'data.amount', above: 4, below: 6 }, true],
    [{ path: 'data.amount', above: 5 }, false],
    [{ path: 'name', above: 1 }, false],
    [{ path: 'constructor', exists: true }, false],
  ];
  for (const [condition, wanted] of cases)
    it(`${JSON.stringify(condition)} is ${wanted}`, () =>
      assert.equal(holds(condition as never, value), wanted));

  it('keeps the private parts of the handler that it is put on', async () => {
    class Counting {
      readonly id = 'c';
      #count = 0;
      handle() {
        this.#count++;
      }
      get count() {
        return this.#count;
      }
    }
    const counting = new Counting();
    const handler = conditional(counting, { path: 'name', equals: 'Paid' });
    handler.handle(item(value), signal);
    assert.deepEqual(
      [handler.accepts!(item(value)), handler.accepts!(item({})), counting.count],
      [true, false, 1],
    );
  });
});
