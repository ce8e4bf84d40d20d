import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { suiteCleanup } from '../../support/suite-cleanup.ts';
import { TrunklineCommands } from '../../support/trunkline-process.ts';

const yaml = `
chains:
  sol: { family: solana, devnet: { engine: litesvm, block_time: 200ms, confirm_after: 4 } }
pipelines:
  transfers:
    chain: sol
    filter: { programs: ["11111111111111111111111111111111"] }
    parser: { type: system }
    handlers: [{ type: feed }]
  broken:
    chain: sol
    parser: { type: anchor, idl: missing.json }
    handlers: [{ type: log }]
`;

describe('commands to a Trunkline with a Solana chain', () => {
  const commands = new TrunklineCommands(suiteCleanup());
  let port = '';
  before(async () => {
    port = String((await commands.start(yaml)).port);
  });

  const trunkline = (...args: string[]) => commands.ended([...args, '--port', port]);

  it('show what its pipelines do with a transaction, and where they read from', async () => {
    const response = await fetch(`http://127.0.0.1:${port}/rpc/sol`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'requestAirdrop',
        params: ['So11111111111111111111111111111111111111112', 1_000_000_000],
      }),
    });
    assert.ok('result' in ((await response.json()) as object));
    await eventually(
      async () =>
        /^ {2}transfers +sol +instruction +running +\d+ +\d+ +1 +1 +0 +0 /m.test(
          (await trunkline('pipelines')).stdout,
        ),
      'the transfer is handled',
      15_000,
    );
    const { stdout } = await trunkline('pipelines', '--all');
    assert.match(stdout, /^ {2}feed\.sol\.slots +sol +slot +running /m);
    assert.match(stdout, /^ {2}broken +sol +– +broken /m);
    assert.match(stdout, /^ {2}sol geyser confirmed +streaming .* node-1 +streaming +0 /m);
    assert.match(stdout, /^ {2}broken: the IDL \S+missing\.json cannot be read/m);
  });

  it('fork the chain and leave out slots, and say what they cannot', async () => {
    assert.match(
      (await trunkline('devnet', 'fork', 'sol', '2')).stdout,
      /dead now, newest first: \d+, \d+$/m,
    );
    assert.match((await trunkline('devnet', 'skip', 'sol', '3')).stdout, /^sol: 3 slots are left out$/m);
    const nowhere = await trunkline('devnet', 'fork', 'nowhere');
    assert.match(nowhere.stderr, /"nowhere" is no embedded chain; there are: sol$/m);
    const sessions = await trunkline('sessions');
    assert.deepEqual([sessions.code, sessions.stdout], [1, '']);
    assert.match(sessions.stderr, /there is no session builder: the config has no section `sessions`$/m);
  });
});
