import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { collectBody } from '../../../../src/gateway/http/request-body.ts';
import { eventually } from '../../../support/eventually.ts';

type Result = Buffer | string;

/** Collects what `chunks` bring; the stream stays open without `end`. */
function collect(
  chunks: readonly Buffer[],
  headers: Record<string, string> = {},
  { maxBytes = 1_000, end = true } = {},
) {
  const results: Result[] = [];
  const stream = new PassThrough();
  collectBody(Object.assign(stream, { headers }) as unknown as IncomingMessage, maxBytes, body =>
    results.push(body),
  );
  for (const chunk of chunks) stream.write(chunk);
  if (end) stream.end();
  return { stream, results, first: () => eventually(() => results[0], 'a body') as Promise<Result> };
}

describe('collectBody', () => {
  it('hands on one chunk without a copy, and joins several', async () => {
    const chunk = Buffer.from('{"a":1}');
    assert.equal(await collect([chunk]).first(), chunk);
    assert.equal(
      String(await collect([Buffer.from('{"a'), Buffer.from('":'), Buffer.from('1}')]).first()),
      '{"a":1}',
    );
  });

  it('gives an empty body for none', async () => {
    assert.equal((await collect([]).first()).length, 0);
  });

  it('refuses by the declared length before anything has arrived', () => {
    const { results } = collect([], { 'content-length': '1001' }, { end: false });
    assert.deepEqual(results, ['body_too_large']);
  });

  it('stops at the limit when no length was declared, and says so once', async () => {
    const { results, stream, first } = collect([Buffer.alloc(600), Buffer.alloc(600)], {}, { end: false });
    assert.equal(await first(), 'body_too_large');
    stream.end(Buffer.alloc(600));
    await new Promise(resolve => stream.once('end', resolve));
    assert.deepEqual(results, ['body_too_large']);
  });

  it('takes exactly the limit', async () => {
    assert.equal((await collect([Buffer.alloc(1_000)]).first()).length, 1_000);
  });

  it('inflates gzip up to the limit, so that a bomb costs no memory', async () => {
    const gzip = { 'content-encoding': 'gzip' };
    assert.equal(String(await collect([gzipSync('{"a":1}')], gzip).first()), '{"a":1}');
    assert.equal(await collect([gzipSync(Buffer.alloc(100_000))], gzip).first(), 'body_too_large');
  });

  it('refuses what does not decode, and encodings that it does not know', async () => {
    assert.equal(
      await collect([Buffer.from('no gzip')], { 'content-encoding': 'gzip' }).first(),
      'unsupported_encoding',
    );
    const { results } = collect([Buffer.from('x')], { 'content-encoding': 'br' });
    assert.deepEqual(results, ['unsupported_encoding']);
    assert.equal(String(await collect([Buffer.from('x')], { 'content-encoding': 'identity' }).first()), 'x');
  });

  it('says nothing when the client goes away', async () => {
    const { results, stream } = collect([Buffer.from('{')], {}, { end: false });
    stream.destroy();
    await new Promise(resolve => stream.once('close', resolve));
    assert.deepEqual(results, []);
  });
});
