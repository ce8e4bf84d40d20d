import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createServer } from 'node:tls';
import { generate } from 'selfsigned';
import { WebSocket } from 'ws';
import type { Devnet } from '../../../src/devnet/devnet.ts';
import { findFreePort } from '../../../src/devnet/free-port.ts';
import { startDevnet } from '../../support/devnet.ts';
import { eventually } from '../../support/eventually.ts';
import { FollowedFeed } from '../../support/followed-feed.ts';
import { joinSockets } from '../../support/join-sockets.ts';
import { SolanaEvents } from '../../support/solana-events.ts';
import { solanaChain, solanaYaml, startSolanaDevnet, swiftGeyser } from '../../support/solana-setup.ts';
import { type CommandRun, TrunklineCommands } from '../../support/trunkline-process.ts';

/** As everywhere but on one machine: providers behind TLS, over HTTP, WebSocket and gRPC. */
describe('providers behind TLS', () => {
  const ends: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (end: () => void | Promise<void>) => void ends.push(end) };
  let commands: TrunklineCommands;
  let solana: Devnet;
  let yaml: string;
  let certificate: string;
  let secrets: readonly string[];

  before(async () => {
    commands = new TrunklineCommands(cleanup);
    const subject = [{ name: 'commonName', value: '127.0.0.1' }];
    const made = await generate(subject, {
      keyType: 'ec',
      extensions: [
        { name: 'basicConstraints', cA: true },
        {
          name: 'subjectAltName',
          altNames: [
            { type: 7, ip: '127.0.0.1' },
            { type: 2, value: 'localhost' },
          ],
        },
      ],
    });
    certificate = join(commands.folder, 'authority.pem');
    writeFileSync(certificate, made.cert);

    /** An address of the same with TLS in front of it. */
    const secured = async (address: string, protocol = 'http/1.1'): Promise<string> => {
      const url = new URL(address);
      const port = Number(url.port);
      const options = { key: made.private, cert: made.cert, ALPNProtocols: [protocol] };
      const sockets = new Set<Socket>();
      const server = createServer(options, client =>
        joinSockets(client, connect(port, '127.0.0.1'), sockets),
      );
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
      cleanup.after(() => {
        server.close();
        for (const socket of sockets) socket.destroy();
      });
      url.port = String((server.address() as AddressInfo).port);
      return url.href.replace('http:', 'https:').replace('ws:', 'wss:');
    };
    const securedAll = async ({ providers, geysers }: Devnet) => ({
      providers: await Promise.all(
        providers.map(async ({ id, url, wsUrl }) => ({
          id,
          url: await secured(url),
          wsUrl: await secured(wsUrl),
        })),
      ),
      geysers: await Promise.all(
        geysers.map(async ({ id, geyserUrl, token }) => ({
          id,
          token,
          geyserUrl: await secured(geyserUrl, 'h2'),
        })),
      ),
    });
    solana = await startSolanaDevnet(cleanup);
    const evm = await startDevnet(cleanup, { blockTimeMs: 200 });
    const [behindSolana, behindEvm] = [await securedAll(solana), await securedAll(evm)];
    secrets = [...behindSolana.providers, ...behindEvm.providers].map(
      ({ url }) => new URL(url).pathname.split('/').at(-1)!,
    );
    const rows = behindEvm.providers.map(
      ({ id, url, wsUrl }) => `{ id: ${id}, url: "${url}", ws_url: "${wsUrl}" }`,
    );
    yaml = `${solanaYaml(behindSolana as unknown as Devnet, { geyser: swiftGeyser })}
  evm:
    chain_id: 31337
    block_time: 200ms
    providers: [${rows.join(', ')}]
`;
  });
  after(async () => {
    for (const end of ends.reverse()) await end();
  });

  const start = async (env: NodeJS.ProcessEnv) => {
    const port = await findFreePort('127.0.0.1');
    return { port, run: commands.startOn(yaml, port, env) };
  };
  const end = async ({ child, exited }: CommandRun) => {
    child.kill('SIGTERM');
    await exited;
  };

  it('whose authority is known: calls, heads and the gRPC stream come through', async () => {
    const { port, run } = await start({ NODE_EXTRA_CA_CERTS: certificate });
    const url = `http://127.0.0.1:${port}`;
    await eventually(async () => (await fetch(`${url}/ready`)).status === 200, 'ready', 30_000);
    const response = await fetch(`${url}/rpc/evm`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_blockNumber', params: [] }),
    });
    assert.match(((await response.json()) as { result: string }).result, /^0x/);

    const socket = new WebSocket(`ws://127.0.0.1:${port}/rpc/evm`);
    await new Promise(resolve => socket.once('open', resolve));
    const heads: unknown[] = [];
    socket.on('message', data => {
      const { method } = JSON.parse(String(data)) as { method?: string };
      if (method === 'eth_subscription') heads.push(data);
    });
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['newHeads'] }));
    await eventually(() => heads.length > 2, 'heads');
    socket.terminate();

    const followed = await new FollowedFeed().follow(`ws://127.0.0.1:${port}`);
    const events = new SolanaEvents({ nodeUrl: solana.node.url, url: `${url}/rpc/${solanaChain}` });
    cleanup.after(() => followed.end());
    await events.emit('1');
    await eventually(() => followed.of('logs').length > 0, 'events');
    const metrics = await (await fetch(`${url}/metrics`)).text();
    assert.match(metrics, /trunkline_source_updates_total\{[^}]*source="geyser"[^}]*kind="slot"\} [1-9]/);
    await end(run);
  });

  it('whose authority is not known are not used, and it is said why, without their keys', async () => {
    const { port, run } = await start({});
    const url = `http://127.0.0.1:${port}`;
    await eventually(
      () => /Geyser stream ended.*TLS handshake/.test(run.stdout() + run.stderr()),
      'the stream says why',
      30_000,
    );
    const ready = await fetch(`${url}/ready`);
    assert.equal(ready.status, 503);
    const told = [
      await ready.text(),
      run.stdout(),
      run.stderr(),
      await (await fetch(`${url}/metrics`)).text(),
    ];
    assert.match(told.join('\n'), /provider takes no traffic.*The TLS handshake with the provider failed/);
    for (const text of told) for (const secret of secrets) assert.equal(text.includes(secret), false);
    await end(run);
  });
});
