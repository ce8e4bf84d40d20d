import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { maskSecrets, maskValue } from '../../../../src/config/secrets/mask-secrets.ts';

describe('maskSecrets', () => {
  it('hides user, key segments and query values of an address and keeps the rest', () => {
    assert.equal(
      maskSecrets('url: "https://me:pw@mainnet.infura.io/v3/abc?x=1" # note'),
      'url: "https://*****@mainnet.infura.io/v3/***?x=1" # note',
    );
  });

  it('keeps plain words of a path', () => {
    const plain = 'https://rpc.example.com:8545/ext/bc/C/rpc';
    assert.equal(maskSecrets(plain), plain);
  });

  it('hides the default text of a reference inside an address, not the name', () => {
    assert.equal(maskSecrets('https://a.example/${KEY:-hunter2}'), 'https://a.example/${KEY:-*******}');
  });

  it('hides what follows a telling name and what looks like a key', () => {
    assert.equal(maskSecrets('api_key: hunter2'), 'api_key: *******');
    assert.equal(maskSecrets('Authorization: Bearer abc'), 'Authorization: ****** ***');
    assert.equal(maskSecrets('- 0123456789abcdef0123'), '- ********************');
  });

  it('leaves the keys of a config readable', () => {
    for (const line of [
      '  max_concurrent_requests: 10000',
      'deduplication_window: 2s',
      'strategy: latency_weighted',
    ]) {
      assert.equal(maskSecrets(line), line);
    }
  });

  it('never changes the length, so that columns stay true', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 300 }),
        text => maskSecrets(text).length === text.length,
      ),
    );
    fc.assert(fc.property(fc.string({ maxLength: 300 }), text => maskValue(text).length === text.length));
  });

  it('takes a hostile line of 4,000 characters without backtracking', () => {
    for (const piece of ['a.', 'a-', '://', '${', 'key:', 'a://', '=', 'bearer ']) {
      const line = piece.repeat(4000 / piece.length);
      const start = performance.now();
      maskSecrets(line);
      // A generous bound: quadratic work on this line takes seconds.
      assert.ok(performance.now() - start < 500, piece);
    }
  });
});

describe('maskValue', () => {
  it('hides everything but references and quotes', () => {
    assert.equal(maskValue('"Basic ${USER}:secret"'), '"***** ${USER}*******"');
  });
});
