import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Redactor } from '../../../src/providers/redactor.ts';

const url = 'https://user:p4ssword@eth.example.com/v3/c4narykey0123456789abcdef?apikey=qu3rykey&x=1';
const redactor = new Redactor({
  urls: [url, 'wss://eth.example.com/ws/v3/c4narykey0123456789abcdef'],
  headers: { authorization: 'Bearer t0ken-value' },
  secrets: ['env-secret$1'],
});

describe('Redactor', () => {
  it('takes out addresses, keys, credentials, query values, headers and named secrets', () => {
    for (const secret of [
      url,
      'wss://eth.example.com/ws/v3/c4narykey0123456789abcdef',
      'eth.example.com/v3/c4narykey0123456789abcdef?apikey=qu3rykey&x=1',
      'c4narykey0123456789abcdef',
      'p4ssword',
      'qu3rykey',
      'Bearer t0ken-value',
      't0ken-value',
      'env-secret$1',
    ]) {
      const text = redactor.scrub(`failed: <${secret}> twice <${secret}>`);
      assert.equal(text, 'failed: <[redacted]> twice <[redacted]>', secret);
      assert.equal(redactor.isTold(Buffer.from(`xx${secret}xx`)), true);
    }
  });

  it('leaves words of a path such as "v3" and "mainnet" alone', () => {
    const plain = new Redactor({ urls: ['https://eth-mainnet.example.com/mainnet/v3/rpc'] });
    assert.equal(plain.scrub('mainnet v3 rpc of eth-mainnet'), 'mainnet v3 rpc of eth-mainnet');
  });

  it('takes a key out that is percent-encoded in the URL and told decoded', () => {
    const encoded = new Redactor({ urls: ['https://example.com/k%2Fey-0123456789abcdef012'] });
    assert.equal(encoded.scrub('bad key k/ey-0123456789abcdef012'), 'bad key [redacted]');
  });

  it('makes reasons one short line without any address or control character', () => {
    const reason = redactor.reason(
      `upstream\nerror\u0000 at http://other.example/path?k=v "${'x'.repeat(500)}"`,
    );
    assert.match(reason, /^upstream error at \[url\] "x+…$/);
    assert.equal(reason.length, 160);
  });
});
