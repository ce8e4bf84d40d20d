import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accept, onlyError, reject } from '../sample-config.ts';

const key = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
const chains = `chains:
  sol: { family: solana, devnet: {} }
  main: { family: solana, genesis_hash: mainnet-beta, providers: [{ id: a, url: "https://1.example" }] }
  eth: { chain_id: 1, providers: [{ id: a, url: "https://2.example" }] }
`;
const pipeline = (text: string) => `${chains}pipelines:\n  p: { ${text} }\n`;
const one = 'handlers: [{ type: log }]';

describe('the pipelines section', () => {
  it('has a default for everything but the chain and the handlers', () => {
    const { p } = accept(pipeline(`chain: sol, ${one}`)).config.pipelines;
    assert.deepEqual(
      [
        p?.source,
        p?.commitment,
        p?.kind,
        p?.parser.type,
        p?.mode,
        p?.buffer.overflow_policy,
        p?.retry.attempts,
      ],
      ['geyser', 'confirmed', 'instruction', 'raw', 'sequential', 'block', 5],
    );
    assert.equal(onlyError(pipeline(one)).path, 'pipelines.p.chain');
    assert.equal(onlyError(pipeline('chain: sol')).path, 'pipelines.p.handlers');
    assert.match(onlyError(pipeline('chain: sol, handlers: []')).message, /at least one entry/);
  });

  it('names a chain of the config, of the family solana, which has the source', () => {
    assert.match(onlyError(pipeline(`chain: soll, ${one}`)).hint ?? '', /did you mean `sol`/);
    assert.match(onlyError(pipeline(`chain: eth, ${one}`)).message, /no Solana chain/);
    const error = onlyError(pipeline(`chain: main, filter: { programs: [${key}] }, ${one}`));
    assert.match(error.message, /no `geyser`/);
    accept(pipeline(`chain: main, source: logs, filter: { programs: [${key}] }, ${one}`));
  });

  it('refuses conditions, parsers and sources that its kind has no use for', () => {
    assert.equal(
      onlyError(pipeline(`chain: sol, kind: account, filter: { programs: [${key}] }, ${one}`)).path,
      'pipelines.p.filter.programs',
    );
    assert.equal(
      onlyError(pipeline(`chain: sol, kind: slot, parser: { type: system }, ${one}`)).path,
      'pipelines.p.parser.type',
    );
    assert.equal(
      onlyError(pipeline(`chain: sol, source: logs, kind: account, filter: { accounts: [${key}] }, ${one}`))
        .path,
      'pipelines.p.kind',
    );
    assert.equal(onlyError(pipeline(`chain: sol, source: logs, ${one}`)).path, 'pipelines.p');
  });

  it('asks for what a parser or a handler needs, and refuses what belongs to another one', () => {
    assert.match(onlyError(pipeline(`chain: sol, parser: { type: anchor }, ${one}`)).message, /needs `idl`/);
    assert.equal(
      onlyError(pipeline(`chain: sol, parser: { type: raw, idl: a.json }, ${one}`)).path,
      'pipelines.p.parser.idl',
    );
    assert.match(onlyError(pipeline('chain: sol, handlers: [{ type: webhook }]')).message, /needs `url`/);
    assert.equal(
      onlyError(pipeline('chain: sol, handlers: [{ type: log, path: a.js }]')).path,
      'pipelines.p.handlers[0].path',
    );
    assert.match(
      onlyError(pipeline('chain: sol, handlers: [{ type: log, when: { path: a, equals: 1 } }]')).hint ?? '',
      /mode: conditional/,
    );
    const storageKey = onlyError(
      `storage: { directory: data }\n${pipeline(`chain: sol, handlers: [{ type: storage, key: '{nope}:{key}' }]`)}`,
    );
    assert.equal(storageKey.path, 'pipelines.p.handlers[0].key');
    assert.match(storageKey.hint ?? '', /in braces only \{chain\}, .* can stand/);
    const never = '{ path: a, above: 5, below: 2 }';
    assert.match(
      onlyError(pipeline(`chain: sol, mode: conditional, handlers: [{ type: log, when: ${never} }]`)).message,
      /nothing is above 5 and below 2/,
    );
    assert.match(
      onlyError(pipeline('chain: sol, handlers: [{ type: storage }]')).message,
      /needs the section `storage`/,
    );
    assert.match(
      onlyError(pipeline(`chain: sol, buffer: { overflow_policy: spill }, ${one}`)).message,
      /needs the section `storage`/,
    );
  });

  it('warns of a pipeline that takes the whole of a main net', () => {
    const text = `chains:
  main: { family: solana, genesis_hash: mainnet-beta, providers: [{ id: a, url: "https://1.example" }], geyser: { endpoints: [{ id: g, url: "https://3.example" }] } }
pipelines: { p: { chain: main, ${one} } }
`;
    assert.match(accept(text).warnings[0]?.message ?? '', /all transactions of the chain/);
  });

  it('says what is no key, and does not spoil the rest for it', () => {
    const { diagnostics } = reject(pipeline(`chain: eth, filter: { programs: [0xabc] }, ${one}`));
    assert.deepEqual(
      diagnostics.map(({ path }) => path),
      ['pipelines.p.filter.programs[0]'],
    );
  });

  it('hides the address of a webhook', () => {
    const loaded = accept(
      pipeline('chain: sol, handlers: [{ type: webhook, url: "https://h.example/${HOOK_KEY}" }]'),
      {
        HOOK_KEY: 'k3y-k3y-k3y-k3y',
      },
    );
    assert.ok(loaded.secrets.some(secret => secret.includes('k3y-k3y-k3y-k3y')));
  });
});

describe('the stream of a chain', () => {
  const withEndpoints = (endpoints: string) => `chains:
  main: { family: solana, genesis_hash: mainnet-beta, providers: [{ id: a, url: "https://1.example" }], geyser: { endpoints: [${endpoints}] } }
`;

  it('leaves out an endpoint whose variable is unset, and says which', () => {
    const { config, leftOut } = accept(
      withEndpoints(
        '{ id: one, url: "https://g.example", token: "${T}" }, { id: two, url: "https://h.example" }',
      ),
    );
    assert.deepEqual(leftOut, [{ chain: 'main', provider: 'one', variables: ['T'] }]);
    assert.deepEqual(
      config.chains.main?.geyser?.endpoints.map(({ id }) => id),
      ['two'],
    );
  });

  it('refuses ids that stand twice, and endpoints beside an embedded chain', () => {
    assert.equal(
      onlyError(withEndpoints('{ id: a, url: "https://g.example" }, { id: A, url: "https://h.example" }'))
        .code,
      'config_duplicate_name',
    );
    assert.equal(
      onlyError(
        'chains: { a: { family: solana, devnet: {}, geyser: { endpoints: [{ id: a, url: "https://g.example" }] } } }',
      ).code,
      'config_conflict',
    );
  });
});

describe('the sessions section', () => {
  const sessions = (text: string, storage = 'storage: {}\n') =>
    `${chains}${storage}sessions: { chain: sol, program: ${key}, keypair: key.json, ${text} }\n`;

  it('needs storage, and a way to create accounts', () => {
    const { sessions: accepted } = accept(sessions('')).config;
    assert.deepEqual(
      [
        accepted?.method,
        accepted?.max_concurrent_creations,
        accepted?.deadlines.computed,
        accepted?.deadlines.reset,
      ],
      ['seed', 10, 5_000, 500],
    );
    assert.match(onlyError(sessions('', '')).message, /needs the section `storage`|in which it remembers/);
    assert.match(onlyError(sessions('method: program')).message, /needs `instruction`/);
    const instruction = `instruction: { program: ${key}, accounts: [{ key: "{expected_pda}", signer: true }], data: "00ff{session_id}" }`;
    assert.match(onlyError(sessions(`method: program, ${instruction}`)).message, /cannot sign/);
    accept(sessions(`method: program, ${instruction.replace(', signer: true', '')}`));
  });
});
