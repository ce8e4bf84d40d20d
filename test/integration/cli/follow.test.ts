import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { before, describe, it } from 'node:test';
import { findFreePort } from '../../../src/devnet/free-port.ts';
import { eventually } from '../../support/eventually.ts';
import { suiteCleanup } from '../../support/suite-cleanup.ts';
import { devnetYaml } from '../../support/trunkline.ts';
import { TrunklineCommands } from '../../support/trunkline-process.ts';

interface Line {
  readonly cursor: string;
  readonly topic: string;
  readonly data: { readonly number: string };
}

const lines = (text: string) =>
  text
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line) as Line);

describe('trunkline follow and feed stats', () => {
  const commands = new TrunklineCommands(suiteCleanup());
  let port: string;
  before(async () => {
    port = String((await commands.start(devnetYaml)).port);
  });

  it('prints a JSON object a line where the output is no terminal, and goes on from its last cursor', async () => {
    const first = await commands.ended(['follow', 'devnet.heads', '-n', '2', '--port', port]);
    assert.equal(first.code, 0, first.stderr);
    const cursor = /^last cursor: (\S+) \(go on behind it with --from \1\)$/m.exec(first.stderr)?.[1];
    assert.equal(cursor, lines(first.stdout).at(-1)?.cursor);
    const url = `ws://127.0.0.1:${port}/feed`;
    const second = await commands.ended([
      'follow',
      '31337.heads',
      '--from',
      cursor!,
      '--count=2',
      '--url',
      url,
    ]);
    const numbers = [...lines(first.stdout), ...lines(second.stdout)].map(({ data }) => Number(data.number));
    assert.deepEqual(
      numbers,
      Array.from(numbers, (_, index) => numbers[0]! + index),
    );
    assert.equal(numbers.length, 4);
  });

  it('ends at ^C with the last cursor and exit code 0', async () => {
    const run = commands.run(['follow', 'devnet.heads', '--port', port]);
    await eventually(() => lines(run.stdout()).length >= 1, 'an event');
    run.child.kill('SIGINT');
    assert.equal(await run.exited, 0);
    assert.match(run.stderr(), new RegExp(`^last cursor: ${lines(run.stdout()).at(-1)!.cursor} `, 'm'));
  });

  it('ends at ^C although the server takes the connection and then is silent', async t => {
    const server = createServer();
    const connected = new Promise<void>(resolve => {
      server.on('upgrade', ({ headers }, socket) => {
        const key = `${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
        const accept = createHash('sha1').update(key).digest('base64');
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
        );
        socket.on('error', () => {});
        socket.once('data', () => resolve());
      });
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port: silent } = server.address() as AddressInfo;
    const run = commands.run(['follow', 'devnet.heads', '--port', String(silent)]);
    await connected;
    run.child.kill('SIGINT');
    assert.equal(await run.exited, 0);
  });

  it('says what the feed holds', async () => {
    const { code, stdout, stderr } = await commands.ended(['feed', 'stats', '--port', port]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^ {2}epoch +\w+\n/);
    assert.match(stdout, /^ {2}chain +tip .*\n {2}devnet +\d+ /m);
    const json = await commands.ended(['feed', 'stats', '--json', '--url', `http://127.0.0.1:${port}/`]);
    assert.equal(typeof (JSON.parse(json.stdout) as { epoch: unknown }).epoch, 'string');
  });

  it('begins at a block of the chain that is named, where the topics may be of several', async () => {
    const args = ['follow', '*.heads', '--from', '1', '--chain', 'devnet', '-n', '1', '--port', port];
    const { code, stdout, stderr } = await commands.ended(args);
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      lines(stdout).map(({ data }) => data.number),
      ['0x1'],
    );
  });

  it('says in one line what it cannot do, and exits 1', async () => {
    const nobody = String(await findFreePort('127.0.0.1'));
    for (const [args, message] of [
      [['follow', 'nonsense.heads', '--port', port], /"nonsense" is not the name, chain id or CAIP-2 id/],
      [['follow', 'devnet.heads', '--port', nobody], /no feed answers at ws:\/\/127\.0\.0\.1:\d+\/feed; /],
      [
        ['follow', '*.heads', '--from', '5', '--port', port],
        /--from 5 needs --chain <name> where the topics/,
      ],
      [
        ['follow', '*.heads', '--from=5', '--chain=x', '--port', port],
        /--chain "x" is not the name, chain id/,
      ],
      [['follow', 'devnet.heads', '--url', 'mailto:x'], /cannot connect to "mailto:x"/],
      [['feed', 'stats', '--port', nobody], /no Trunkline answers \(connection refused\); /],
    ] as const) {
      const { code, stdout, stderr } = await commands.ended(args);
      assert.deepEqual([code, stdout], [1, ''], stderr);
      assert.match(stderr, message);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
    }
  });
});
