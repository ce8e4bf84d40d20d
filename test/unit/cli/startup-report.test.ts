import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ShownStorage, startupReport } from '../../../src/cli/startup-report.ts';
import { hasColours, paintFor } from '../../../src/cli/terminal.ts';
import { fakeAssembly } from '../exchange/fake-assembly.ts';

const options = {
  host: '127.0.0.1',
  port: 4000,
  chains: [
    fakeAssembly('devnet', ['up', 'up']),
    fakeAssembly('base', ['down']),
    fakeAssembly('ethereum', []),
  ],
  leftOut: [{ chain: 'ethereum', provider: 'infura', variables: ['INFURA_API_KEY', 'OTHER'] }],
  storage: undefined as ShownStorage | undefined,
  paint: paintFor({}),
};
const report = (changes: Partial<typeof options> = {}) => startupReport({ ...options, ...changes });
const row = (text: string, start: string) => text.split('\n').find(line => line.trim().startsWith(start));

describe('startupReport', () => {
  it('says per chain where to connect, who serves it, and what is missing and why', () => {
    const text = report();
    assert.match(row(text, 'devnet')!, /up .* p1 .* http:\/\/127\.0\.0\.1:4000\/rpc\/devnet$/);
    assert.match(row(text, 'base')!, /waiting .* p1 \(down\)$/);
    assert.match(row(text, 'ethereum')!, /no provider .* infura needs INFURA_API_KEY, OTHER$/);
  });

  it('says why a chain without providers has none', () => {
    assert.match(row(report({ leftOut: [] }), 'ethereum')!, /ethereum has no provider$/);
  });

  it('says where the storage is and where Redis clients connect to, if there is any', () => {
    assert.match(row(report(), 'feed')!, /ws:\/\/.*no storage$/);
    assert.equal(row(report(), 'storage'), undefined);
    const storage = { directory: 'data', durability: 'commit', resp: undefined };
    assert.equal(row(report({ storage }), 'storage'), '  storage  data (commit)');
    const resp = { host: '127.0.0.1', port: 6379 };
    assert.equal(
      row(report({ storage: { ...storage, resp } }), 'storage'),
      '  storage  data (commit), redis-cli -h 127.0.0.1 -p 6379',
    );
    assert.match(row(report({ storage }), 'feed')!, /from where it ended$/);
  });

  it('names the port where it is another than the default, and writes IPv6 addresses as URLs have them', () => {
    assert.doesNotMatch(report(), /--port/);
    assert.match(report({ port: 4001 }), /npx trunkline tree --port 4001/);
    assert.match(report({ host: '::1' }), /http:\/\/\[::1\]:4000\/rpc\/devnet/);
  });

  it('holds no colour codes unless it goes to a terminal that wants them', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what is looked for
    const code = /\u001b/;
    assert.doesNotMatch(report(), code);
    assert.match(report({ paint: paintFor({ isTTY: true }) }), code);
    assert.equal(hasColours({ isTTY: true }, { NO_COLOR: '1' }), false);
    assert.equal(hasColours({ isTTY: true }, { NO_COLOR: '' }), true);
    assert.equal(hasColours({}, {}), false);
  });
});
