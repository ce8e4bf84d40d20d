import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AnswerReader } from '../../../src/providers/answer-reader.ts';
import { retryAfterMs } from '../../../src/providers/cool-down.ts';
import { Redactor } from '../../../src/providers/redactor.ts';
import { callOf, plainFamily } from './fixtures.ts';

const key = 'c4narykey0123456789abcdef';
const redactor = new Redactor({ urls: [`https://eth.example.com/v3/${key}`] });
const reader = new AnswerReader(plainFamily, redactor, { onScrubbed: () => {}, onUnknownError: () => {} });

/** The key, written with any mixture of JSON escapes. */
const escapedKey = fc
  .array(fc.constantFrom('plain', 'lower', 'upper'), { minLength: key.length, maxLength: key.length })
  .map(styles =>
    [...key]
      .map((char, i) => {
        const hex = char.charCodeAt(0).toString(16).padStart(4, '0');
        return styles[i] === 'plain' ? char : `\\u${styles[i] === 'lower' ? hex : hex.toUpperCase()}`;
      })
      .join(''),
  );

describe('what a hostile upstream sends', () => {
  it('never makes the reader throw, whatever the bytes and the status', () => {
    const bodies = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes)),
      fc.json().map(text => Buffer.from(text)),
      fc.json().map(text => Buffer.from(`{"jsonrpc":"2.0","id":7,"error":${text}}`)),
      fc
        .json()
        .map(text =>
          Buffer.from(`{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"\\u0000","data":${text}}}`),
        ),
    );
    fc.assert(
      fc.property(bodies, fc.integer({ min: 200, max: 599 }), (body, status) => {
        const read = reader.readHttp(callOf('eth_call'), status, body);
        assert.ok(read.kind === 'answer' || read.reason.length <= 300);
      }),
      { numRuns: 2000 },
    );
  });

  it('never brings the key of the provider to a client, however it is spelled in an error', () => {
    const places = fc.constantFrom('message', 'data', 'nested', 'member', 'key');
    fc.assert(
      fc.property(escapedKey, places, fc.string({ maxLength: 10 }), (spelled, place, noise) => {
        const text = `"${JSON.stringify(noise).slice(1, -1)}${spelled}"`;
        const error = {
          message: `{"code":1,"message":${text}}`,
          data: `{"code":1,"message":"x","data":${text}}`,
          nested: `{"code":1,"message":"x","data":[{"a":[${text}]}]}`,
          member: `{"code":1,"message":"x","stack":${text}}`,
          key: `{"code":1,"message":"x","data":{${text}:1}}`,
        }[place];
        const read = reader.readHttp(
          callOf('eth_call'),
          200,
          Buffer.from(`{"jsonrpc":"2.0","id":7,"error":${error}}`),
        );
        assert.ok(read.kind === 'answer');
        assert.ok(!JSON.stringify(JSON.parse(read.body.toString())).includes(key));
      }),
      { numRuns: 1000 },
    );
  });

  it('survives an error nested 50,000 deep', () => {
    const deep = `${'['.repeat(50_000)}"\\u0041"${']'.repeat(50_000)}`;
    const read = reader.readHttp(
      callOf('eth_call'),
      200,
      Buffer.from(`{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"x","data":${deep}}}`),
    );
    assert.ok(read.kind === 'answer' || read.code === 'bad_response');
  });

  it('makes every Retry-After a finite time or nothing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.date().map(String), fc.nat().map(String)), header => {
        const wait = retryAfterMs(header, 0);
        assert.ok(wait === undefined || (Number.isFinite(wait) && wait >= 0));
      }),
    );
  });
});
