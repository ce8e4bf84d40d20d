import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { WebSocket } from 'ws';
import { eventually } from '../../support/eventually.ts';
import { startStubUpstream } from '../../support/stub-upstream.ts';
import { devnetYaml } from '../../support/trunkline.ts';
import { isRunning, TrunklineCommands } from '../../support/trunkline-process.ts';

const stubYaml = (url: string) =>
  `server: { drain_timeout: 20s }\nchains:\n  test: { chain_id: 31337, providers: [{ id: s1, url: "${url}" }] }\n`;

/** The anvil of a Trunkline that was started by the commands. */
async function nodeOf(commands: TrunklineCommands, port: number): Promise<number> {
  const { stdout } = await commands.ended(['devnet', 'status', '--json', '--port', String(port)]);
  return (JSON.parse(stdout) as { node: { pid: number } }[])[0]!.node.pid;
}

const tokens = (commands: TrunklineCommands) => {
  const folder = join(commands.runtimeFolder, 'trunkline');
  return existsSync(folder) ? readdirSync(folder) : [];
};

/** A Trunkline before a stub that holds one call of a client. */
async function withCallInFlight(t: TestContext) {
  const stub = await startStubUpstream(t);
  let release = (): void => {};
  stub.on(
    'eth_gasPrice',
    () =>
      new Promise(resolve => {
        release = () => resolve('0x77');
      }),
  );
  const commands = new TrunklineCommands(t);
  const running = await commands.start(stubYaml(stub.url));
  const answer = fetch(`http://127.0.0.1:${running.port}/rpc/test`, {
    method: 'POST',
    body: '{"jsonrpc":"2.0","id":1,"method":"eth_gasPrice"}',
  }).then(
    response => response.text(),
    (error: Error) => `${error.message}`,
  );
  await eventually(() => stub.count('eth_gasPrice') === 1, 'in flight');
  return { ...running, commands, answer, release: () => release() };
}

const isListening = (port: number) =>
  new Promise<boolean>(resolve => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

describe('a Trunkline that is told to stop', () => {
  it('stops listening at once, answers what it has begun, closes WebSockets with 1001, then ends with 0', async t => {
    const { child, port, exited, stdout, answer, release, commands } = await withCallInFlight(t);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/rpc/test`);
    await new Promise(resolve => socket.once('open', resolve));
    const closed = new Promise<number>(resolve => socket.once('close', resolve));
    assert.deepEqual(tokens(commands), [`admin-${port}.token`]);
    child.kill('SIGTERM');
    assert.equal(await closed, 1001);
    await eventually(async () => !(await isListening(port)), 'the port closed');
    assert.equal(child.exitCode, null, 'the call is still in flight');
    release();
    assert.match(await answer, /0x77/);
    assert.equal(await exited, 0);
    assert.deepEqual(tokens(commands), []);
    assert.match(stdout(), /stopping: connections drain[\s\S]*"message":"stopped"[^\n]*\n$/);
  });

  it('ends at once when it is told twice, and leaves no token file', async t => {
    const { child, exited, stdout, answer, commands } = await withCallInFlight(t);
    child.kill('SIGINT');
    await eventually(() => stdout().includes('stopping'), 'stopping');
    child.kill('SIGTERM');
    assert.equal(await exited, 1);
    assert.match(await answer, /fetch failed|terminated/);
    assert.deepEqual(tokens(commands), []);
  });

  it('leaves no node of an embedded chain behind', async t => {
    const commands = new TrunklineCommands(t);
    const { child, port, exited } = await commands.start(devnetYaml);
    const pid = await nodeOf(commands, port);
    assert.equal(isRunning(pid), true);
    child.kill('SIGTERM');
    assert.equal(await exited, 0);
    assert.equal(isRunning(pid), false);
  });

  it('leaves none behind when it is killed, or when it ends at once', async t => {
    const commands = new TrunklineCommands(t);
    for (const signals of [['SIGKILL'], ['SIGTERM', 'SIGTERM']] as const) {
      const { child, port, exited } = await commands.start(devnetYaml);
      const pid = await nodeOf(commands, port);
      for (const signal of signals) child.kill(signal);
      await exited;
      await eventually(() => !isRunning(pid), `the node gone after ${signals.join()}`);
    }
  });

  it('ends in order while it still starts', async t => {
    const commands = new TrunklineCommands(t);
    const { child, exited, stdout, stderr } = await commands.startUnready(devnetYaml);
    await eventually(() => stdout().includes('anvil started') || child.exitCode !== null, 'starting', 30_000);
    child.kill('SIGTERM');
    assert.equal(await exited, 0, stderr());
    const pid = Number(/"pid":(\d+)/.exec(stdout())?.[1]);
    assert.equal(isRunning(pid), false);
    assert.equal(stderr(), '');
  });
});
