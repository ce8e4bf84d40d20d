import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatDiagnostics } from '../../../../src/config/format-diagnostics.ts';
import { parseConfig } from '../../../../src/config/parse-config.ts';
import { accept, withChain } from '../sample-config.ts';

const canary = 'CANARY7f3a9';

describe('the secrets of a config', () => {
  it('are all values from the environment in addresses, headers and the admin token', () => {
    const env = {
      KEY: 'key-from-env',
      HEADER: 'header-from-env',
      TOKEN: 'token-from-env',
      HOSTNAME: 'upstream.example',
      WAIT: '7s',
    };
    const { secrets } = accept(
      `admin: { token: "\${TOKEN}" }\nserver: { drain_timeout: "\${WAIT}" }\n${withChain('', '- { id: a, url: "https://${HOSTNAME}/${KEY}", headers: { Authorization: "Bearer ${HEADER}" } }')}`,
      env,
    );
    for (const secret of [
      'key-from-env',
      'header-from-env',
      'token-from-env',
      'upstream.example',
      'Bearer header-from-env',
    ]) {
      assert.ok(secrets.includes(secret), secret);
    }
    assert.ok(!secrets.includes('7s'));
  });

  it('include what the environment gives as a whole address, and the key inside it', () => {
    const { secrets } = accept(withChain('', '- { id: a, url: "${URL}" }'), {
      URL: `https://rpc.example/v2/${canary}`,
    });
    assert.ok(secrets.includes(canary));
    assert.ok(secrets.includes(`https://rpc.example/v2/${canary}`));
  });

  it('include keys, user and password in literal addresses, also as Basic credentials and in percent-encoding', () => {
    const { secrets } = accept(
      withChain(
        '',
        [
          '- { id: a, url: "https://mainnet.infura.io/v3/0123456789abcdef" }',
          '- { id: b, url: "https://user:pa%24s-word@b.example/rpc?apikey=querykey&chain=mainnet" }',
          '- { id: c, ws_url: "wss://c.example/eth/ws/abcd-efgh-12" }',
        ].join('\n'),
      ),
    );
    const basic = Buffer.from('user:pa$s-word').toString('base64');
    for (const secret of [
      '0123456789abcdef',
      'pa%24s-word',
      'pa$s-word',
      basic,
      'querykey',
      'abcd-efgh-12',
    ]) {
      assert.ok(secrets.includes(secret), secret);
    }
  });

  it('do not include the plain words of an address, nor anything too short to be a key', () => {
    const { secrets } = accept(
      withChain(
        '',
        '- { id: a, url: "https://rpc.example/v3/eth/mainnet/json-rpc?chain=polygon" }\n- { id: b, url: "http://127.0.0.1:${PORT}" }\n- { id: c, url: "https://c.example/${V}" }',
      ),
      { PORT: '8545', V: 'v2' },
    );
    assert.deepEqual(secrets, []);
  });

  it('come the longest first, so that replacing one leaves no rest of another', () => {
    const { secrets } = accept(withChain('', '- { id: a, url: "https://a.example/${A}/${B}" }'), {
      A: 'abcd',
      B: 'abcdefgh',
    });
    assert.deepEqual(secrets, ['abcdefgh', 'abcd']);
  });

  it('are warned about when they stand in the file itself', () => {
    const { warnings } = accept(
      withChain(
        '',
        `- { id: a, url: "https://a.example/v3/${canary}" }\n- { id: b, url: "https://b.example/\${KEY}" }`,
      ),
      {
        KEY: canary,
      },
    );
    assert.deepEqual(
      warnings.map(({ code, path }) => [code, path]),
      [['config_literal_secret', 'chains.main.providers[0].url']],
    );
  });

  it('never show in a diagnostic, wherever the canary stands and whatever is wrong', () => {
    const texts = [
      withChain('', `- { id: a, url: "wss://a.example/v3/${canary}" }`),
      withChain('', `- { id: a, url: "https://a.example/v3/${canary}", priorty: 1 }`),
      withChain('', `- { id: a, url: "https://u:${canary}@a.example/" , x: 1}`),
      withChain('', `- { id: a, url: "https://a.example/?key=${canary}", x: 1 }`),
      withChain('', `- { id: a, url: "a.example/v3/${canary}" }`),
      withChain('', `- { id: a, url: "${canary}" }`),
      withChain('', `- { id: a, ur: "https://a.example/v3/${canary}" }`),
      withChain('', `- "https://a.example/v3/${canary}"`),
      withChain('', `- { id: a, url: ["https://a.example/v3/${canary}"] }`),
      withChain(
        '',
        `- { id: a, url: "https://a.example", headers: { Authorization: "Bearer ${canary}", Host: x } }`,
      ),
      withChain('', `- { id: a, url: "https://a.example", headers: { X-Custom: "${canary}\\n" } }`),
      withChain('', `- id: a\n  url: "https://a.example/\${KEY:-${canary}}#x"`),
      withChain('', `- id: a\n  url: >-\n    https://a.example/v3/${canary}\n    #`),
      withChain(`failover: { deadline: "https://a.example/v3/${canary}" }`),
      `admin: { token: "${canary} " }\n${withChain()}`,
      `admin: { tokn: "${canary}" }\n${withChain()}`,
      `token: ${canary}\n${withChain()}`,
      withChain('', `- { id: a, url: "https://a.example/v3/${canary} }`),
      withChain('', `- { id: a, url: https://a.example/v3/${canary}: x: y }`),
      withChain('', `- { id: a, url: "https://a.example/\${KEY}" }`),
      withChain('', '- { id: a, url: "${KEY}" }'),
      withChain('chain_id: "${KEY}"'),
      `server: { port: "\${KEY}", host: "\${KEY}:\${KEY}" }\nlog: { level: "\${KEY}" }\n${withChain()}`,
    ];
    for (const text of texts) {
      for (const env of [{ KEY: canary }, {}]) {
        const result = parseConfig(text, 'chains.yaml', env);
        const diagnostics = [...(result.ok ? [] : result.diagnostics), ...result.warnings];
        const shown = formatDiagnostics(diagnostics) + JSON.stringify(diagnostics);
        assert.ok(!shown.includes(canary), `${text}\n---\n${shown}`);
      }
    }
  });

  it('keep a reference readable in an excerpt', () => {
    const result = parseConfig(
      withChain('', '- { id: a, url: "wss://mainnet.infura.io/v3/${INFURA_API_KEY}" }'),
      'chains.yaml',
      { INFURA_API_KEY: canary },
    );
    assert.ok(!result.ok);
    assert.match(
      result.diagnostics[0]!.excerpt ?? '',
      /wss:\/\/mainnet\.infura\.io\/v3\/\$\{INFURA_API_KEY\}/,
    );
  });
});
