import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { followHeads, type HeadClient, seams } from '../../support/head-client.ts';
import { changedProcesses, processesOf } from '../../support/live-tree.ts';
import { closeCodeOf, exchangeBytes, frame, openRawWebSocket } from '../../support/raw-http.ts';
import { readSteadily } from '../../support/steady-reads.ts';
import { type StubUpstream, startStubUpstream } from '../../support/stub-upstream.ts';
import { type RunningTrunkline, startTrunkline } from '../../support/trunkline.ts';

/** The settings of the file that the tests change, each a YAML flow mapping. */
interface Settings {
  server: string;
  log: string;
  tuning: string;
  providers: string[];
}

describe('a config file that changes', () => {
  const ends: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (end: () => void | Promise<void>) => void ends.push(end) };
  const settings: Settings = { server: '{}', log: '{ level: debug }', tuning: '{}', providers: [] };
  let folder: string;
  let path: string;
  let stubs: StubUpstream[];
  let trunkline: RunningTrunkline;
  let client: HeadClient;
  let mining: NodeJS.Timeout;

  const text = () =>
    `server: ${settings.server}\nlog: ${settings.log}\nchains:\n  test:\n    chain_id: 31337\n    block_time: 1s\n    failover: ${settings.tuning}\n    providers: [${settings.providers.join(', ')}]\n`;
  const entry = (id: string, stub: StubUpstream) =>
    `{ id: ${id}, url: "${stub.url}", ws_url: "${stub.wsUrl}" }`;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'trunkline-reload-'));
    path = join(folder, 'chains.yaml');
    stubs = await Promise.all([1, 2, 3].map(() => startStubUpstream(cleanup)));
    for (const stub of stubs) stub.on('eth_gasPrice', '0x1');
    settings.providers = [entry('a', stubs[0]!), entry('b', stubs[1]!)];
    writeFileSync(path, text());
    trunkline = await startTrunkline(text(), cleanup, {}, path);
    await trunkline.allUp();
    client = await followHeads(`${trunkline.wsUrl}/rpc/test`, cleanup);
    mining = setInterval(() => {
      for (const stub of stubs) stub.mine();
    }, 50);
  });
  after(async () => {
    clearInterval(mining);
    for (const end of ends.reverse()) await end();
    rmSync(folder, { recursive: true });
  });

  /** Writes the file with other settings, waits until it is taken over and returns what was logged meanwhile. */
  async function change(changes: Partial<Settings>, said = 'new config accepted'): Promise<string> {
    const from = trunkline.log().length;
    Object.assign(settings, changes);
    writeFileSync(path, text());
    await eventually(() => trunkline.log().slice(from).includes(said), said);
    return trunkline.log().slice(from);
  }

  const post = (body: string) =>
    fetch(`${trunkline.url}/rpc/test`, { method: 'POST', body }).then(response => response.text());
  const batchOf = (size: number) =>
    JSON.stringify(Array.from({ length: size }, (_, id) => ({ jsonrpc: '2.0', id, method: 'eth_chainId' })));

  it('replaces the provider that it changes, and neither read nor subscriber notices', async () => {
    const processes = processesOf(trunkline.exchange);
    const reads = readSteadily(`${trunkline.url}/rpc/test`, 'eth_gasPrice');
    await change({ providers: [entry('a', stubs[2]!), entry('b', stubs[1]!)] });
    await eventually(() => stubs[2]!.count('eth_gasPrice') > 20, 'reads at the new address');
    const seen = client.heads.length;
    await eventually(() => client.heads.length > seen + 3, 'heads');
    assert.deepEqual(await reads.stop(), []);
    assert.deepEqual(seams(client.heads), []);
    assert.equal(client.closed(), undefined);
    const { replaced, gone, added } = changedProcesses(processes, processesOf(trunkline.exchange));
    assert.ok(
      replaced.every(place => place.includes('/provider:a')),
      replaced.join(),
    );
    assert.deepEqual([gone, added], [[], []]);
  });

  it('adds and removes providers while clients are served', async () => {
    const reads = readSteadily(`${trunkline.url}/rpc/test`, 'eth_gasPrice');
    await change({ providers: [entry('b', stubs[1]!), entry('c', stubs[0]!)] });
    await eventually(() => trunkline.chain('test').runtime.table.get('c')?.state === 'up', 'c up');
    assert.equal(trunkline.chain('test').runtime.table.get('a'), undefined);
    const seen = client.heads.length;
    await eventually(() => client.heads.length > seen + 3, 'heads');
    assert.deepEqual(await reads.stop(), []);
    assert.deepEqual(seams(client.heads), []);
  });

  it('takes the limits of the server over at once', async () => {
    assert.ok(Array.isArray(JSON.parse(await post(batchOf(3)))));
    await change({ server: '{ max_batch_size: 2, max_request_bytes: 1KiB, ws: { max_subscriptions: 1 } }' });
    assert.match(await post(batchOf(3)), /-32600/);
    assert.ok(Array.isArray(JSON.parse(await post(batchOf(2)))));
    const large = `{"jsonrpc":"2.0","id":1,"method":"eth_call","params":["${'x'.repeat(2_000)}"]}`;
    assert.match(await post(large), /body_too_large/);
    await change({ server: '{}' });
    assert.ok(Array.isArray(JSON.parse(await post(batchOf(3)))));
    assert.equal(client.closed(), undefined);
  });

  it('says of a change that waits for a restart that it does, and goes by the old value', async () => {
    const log = await change({ server: '{ port: 1, host: 0.0.0.0, headers_timeout: 1s }' });
    for (const key of ['server.port', 'server.host', 'server.headers_timeout'])
      assert.match(log, new RegExp(`waits for a restart of Trunkline"[^\\n]*"path":"${key}"`), key);
    const response = await fetch(`${trunkline.url}/health`);
    assert.equal(response.status, 200, 'the port is the same');
    const foreign = await exchangeBytes(
      trunkline.exchange.port,
      'GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n',
    );
    assert.match(foreign, /^HTTP\/1.1 403/, 'bound to loopback it answers to loopback names only');
    await change({ server: '{}' });
  });

  it('changes the log level; one set by the admin API outlives changes of other settings', async () => {
    /** Whether what a broken client brings about is logged, which is done at level debug. */
    const isDebugLogged = async () => {
      const from = trunkline.log().length;
      const socket = await openRawWebSocket(trunkline.exchange.port, '/rpc/test');
      const closed = closeCodeOf(socket);
      socket.write(frame(0x81, Buffer.from('{}'), false));
      await closed;
      return trunkline.log().slice(from).includes('client socket failed');
    };
    assert.equal(await isDebugLogged(), true);
    await fetch(`${trunkline.url}/admin/log-level`, {
      method: 'POST',
      headers: { authorization: `Bearer ${trunkline.adminToken}` },
      body: '{"level":"info"}',
    });
    await change({ tuning: '{ max_attempts: 2 }' });
    assert.equal(trunkline.chain('test').runtime.config.failover.max_attempts, 2);
    assert.equal(await isDebugLogged(), false);
    await change({ log: '{ level: warn }', server: '{ port: 2 }' }, 'waits for a restart');
    assert.equal(await isDebugLogged(), false);
    await change({ log: '{ level: debug }', server: '{}' });
    assert.equal(await isDebugLogged(), true);
  });

  it('keeps what runs when the file is wrong, and the last good file beside it', async () => {
    const good = readFileSync(path, 'utf8');
    const processes = processesOf(trunkline.exchange);
    const from = trunkline.log().length;
    writeFileSync(path, good.replace('chain_id: 31337', 'chain_id: many'));
    await eventually(() => trunkline.log().slice(from).includes('new config rejected'), 'rejected');
    assert.match(trunkline.log().slice(from), /chains\.yaml:5/);
    assert.deepEqual(changedProcesses(processes, processesOf(trunkline.exchange)).replaced, []);
    assert.match(await post(batchOf(1)), /0x7a69/);
    assert.ok(
      readdirSync(folder).some(name => name.includes('backup')),
      readdirSync(folder).join(),
    );
    writeFileSync(path, good);
  });
});
