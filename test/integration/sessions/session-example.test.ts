import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { eventProgram } from '../../support/solana-events.ts';
import { suiteCleanup } from '../../support/suite-cleanup.ts';
import { TrunklineCommands } from '../../support/trunkline-process.ts';

const example = join(import.meta.dirname, '../../../examples/session-event.ts');

const yaml = (folder: string) => `
storage: { directory: "${folder}/data", readers: { min: 1, max: 1 } }
chains:
  solana-devnet: { family: solana, devnet: { engine: litesvm, block_time: 200ms } }
pipelines:
  session-events:
    chain: solana-devnet
    filter: { programs: [${eventProgram}] }
    parser: { type: session_events, program: ${eventProgram} }
    handlers: [{ type: feed }]
sessions: { chain: solana-devnet, program: ${eventProgram}, keypair: "${folder}/sessions.json" }
`;

describe('examples/session-event.ts', () => {
  const commands = new TrunklineCommands(suiteCleanup());

  it('announces a session that comes in the feed and whose account is created', async () => {
    const { port } = await commands.start(yaml(commands.folder));
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [example, `http://127.0.0.1:${port}`],
      // A hang has to end before the suite does.
      { timeout: 30_000 },
    );
    const [, address] = /^created (\w+) 128 bytes of /m.exec(stdout)!;
    assert.match(stdout, new RegExp(`^sent \\w+\nin the feed \\{\n {2}expected_pda: '${address}',$`, 'm'));
    const { stdout: sessions } = await commands.ended(['sessions', '--port', String(port)]);
    assert.match(sessions, new RegExp(`PDAComputedEvent .* ${address} +done +0 +created$`, 'm'));
  });
});
