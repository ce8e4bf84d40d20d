import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accept, onlyError, reject, smallest } from '../sample-config.ts';

const withStorage = (storage: string) => `storage: ${storage}\n${smallest}`;

describe('the storage section', () => {
  it('is off unless it is there, and has every default when it is empty', () => {
    assert.equal(accept(smallest).config.storage, undefined);
    const { storage } = accept(withStorage('{}')).config;
    assert.deepEqual(
      [storage?.directory, storage?.durability, storage?.timeout, storage?.channel.capacity],
      ['data', 'commit', 30_000, 10_000],
    );
    assert.deepEqual(
      [storage?.resp.port, storage?.resp.host, storage?.readers.max],
      [undefined, '127.0.0.1', 0],
    );
  });

  it('lets the RESP port out of loopback only with a password', () => {
    const error = onlyError(withStorage('{ resp: { host: 0.0.0.0, port: 6379 } }'));
    assert.equal(error.path, 'storage.resp.host');
    assert.match(error.hint ?? '', /storage\.resp\.password/);
    accept(withStorage('{ resp: { host: 0.0.0.0, port: 6379, password: "${P}" } }'), { P: 'long-enough' });
    for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', '"::1"'])
      accept(withStorage(`{ resp: { host: ${host}, port: 6379 } }`));
  });

  it('does not share the port of the server', () => {
    assert.equal(onlyError(withStorage('{ resp: { port: 4000 } }')).path, 'storage.resp.port');
    accept(withStorage('{ resp: { port: 0 } }'));
  });

  it('refuses fault injection in production and nowhere else', () => {
    const text = withStorage('{ fault_injection: { drop_rate: 0.1 } }');
    const error = onlyError(text, { NODE_ENV: 'production' });
    assert.equal(error.path, 'storage.fault_injection');
    assert.match(error.message, /production/);
    accept(text, { NODE_ENV: 'test' });
    accept(text);
  });

  it('refuses bounds that contradict each other', () => {
    for (const [settings, section, low, high] of [
      ['{ readers: { min: 3, max: 2 } }', 'readers', 'min', 'max'],
      ['{ readers: { scale_down_at: 600 } }', 'readers', 'scale_down_at', 'scale_up_at'],
      ['{ retry: { min_delay: 2s } }', 'retry', 'min_delay', 'max_delay'],
      [
        '{ circuit_breaker: { recovery_timeout: 1h } }',
        'circuit_breaker',
        'recovery_timeout',
        'max_recovery_timeout',
      ],
    ] as const) {
      const { path, message, hint } = onlyError(withStorage(settings));
      const [lowKey, highKey] = [`storage.${section}.${low}`, `storage.${section}.${high}`];
      assert.equal(path, lowKey);
      assert.equal(message.replaceAll(/\([^)]*\)/g, '(…)'), `\`${lowKey}\` (…) is above \`${highKey}\` (…)`);
      assert.equal(hint, `raise \`${highKey}\` or lower \`${lowKey}\``);
    }
  });

  it('keeps the password out of warnings and lists it as a secret', () => {
    const loaded = accept(withStorage('{ resp: { port: 0, password: "a-plain-secret" } }'));
    assert.ok(loaded.secrets.includes('a-plain-secret'));
    assert.deepEqual(
      loaded.warnings.map(({ code }) => code),
      ['config_literal_secret'],
    );
    assert.doesNotMatch(JSON.stringify(loaded.warnings), /a-plain-secret/);
    const refused = reject(withStorage('{ resp: { port: 0, password: "tiny pw" } }'));
    assert.doesNotMatch(JSON.stringify(refused.diagnostics), /tiny pw/);
  });
});
