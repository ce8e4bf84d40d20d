import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { before, describe, it } from 'node:test';
import type { ShownNode } from '../../../src/cli/render-tree.ts';
import { findFreePort } from '../../../src/devnet/free-port.ts';
import { readSteadily } from '../../support/steady-reads.ts';
import { suiteCleanup } from '../../support/suite-cleanup.ts';
import { devnetYaml } from '../../support/trunkline.ts';
import { TrunklineCommands } from '../../support/trunkline-process.ts';

describe('commands to a running Trunkline', () => {
  const commands = new TrunklineCommands(suiteCleanup());
  let port: string;
  before(async () => {
    port = String((await commands.start(devnetYaml)).port);
  });

  const trunkline = (...args: string[]) => commands.ended([...args, '--port', port]);
  /** The faults of node-1 to node-3, as the table shows them. */
  const faults = async () => {
    const { stdout } = await trunkline('devnet', 'status');
    return stdout
      .split('\n')
      .filter(row => row.includes('node-'))
      .map(row => row.trim().split(/\s{2,}/)[3]);
  };

  it('give a simulated provider a fault that clients do not notice, and heal one provider or all', async () => {
    const reads = readSteadily(`http://127.0.0.1:${port}/rpc/devnet`, 'eth_blockNumber', [], 1);
    const fault = await trunkline('devnet', 'fault', 'devnet', '1', 'kill');
    assert.equal(fault.code, 0, fault.stderr);
    assert.match(
      fault.stdout,
      new RegExp(
        `provider 1 has the fault kill now; mend it with: trunkline devnet heal devnet --port ${port}$`,
        'm',
      ),
    );
    const slow = await trunkline('devnet', 'fault', 'devnet', 'node-2', 'delay', 'ms=20', 'method=eth_call');
    assert.equal(slow.code, 0, slow.stderr);
    assert.deepEqual(await faults(), ['kill', 'delay', '–']);
    const one = await trunkline('devnet', 'heal', 'devnet', 'node-2');
    assert.match(one.stdout, /provider node-2 is whole again/);
    assert.deepEqual(await faults(), ['kill', '–', '–']);
    const all = await trunkline('devnet', 'heal', 'devnet');
    assert.match(all.stdout, /all providers are whole again/);
    assert.deepEqual(await reads.stop(), []);
  });

  it('say in one line what they cannot do, and exit 1', async () => {
    for (const [args, message] of [
      [['devnet', 'fault', 'nonsense', '1', 'kill'], /"nonsense" is no embedded chain; there are: devnet/],
      [['devnet', 'fault', 'devnet', '9', 'kill'], /no provider "9"; there are: node-1, node-2, node-3/],
      [['devnet', 'fault', 'devnet', '1', 'delay', 'ms'], /"ms" is not key=value/],
    ] as const) {
      const { code, stdout, stderr } = await trunkline(...args);
      assert.deepEqual([code, stdout], [1, ''], args.join(' '));
      assert.match(stderr, message);
      assert.match(stderr, /^trunkline: [^\n]+\n$/);
    }
    const unfinished = await trunkline('devnet', 'fault', 'devnet');
    assert.equal(unfinished.code, 1);
    assert.match(unfinished.stderr, /missing required argument 'provider'/);
  });

  it('check a config without starting anything, and say what is left out', async () => {
    const { code, stdout } = await commands.ended(['check'], {
      INFURA_API_KEY: '',
      ALCHEMY_API_KEY: 'x'.repeat(32),
    });
    assert.equal(code, 0);
    assert.match(stdout, /^left out: ethereum\/infura, unset: INFURA_API_KEY$/m);
    assert.doesNotMatch(stdout, /left out: ethereum\/alchemy|xxxxx/);
    assert.match(stdout, /chains\.yaml is valid: \d+ chains$/m);
  });

  it('list the kinds of faults with their options', async () => {
    const { stdout } = await commands.ended(['devnet', 'fault', '--help']);
    for (const word of ['kill', 'hang', 'reset', 'error', 'rate-limit', 'truncate', 'lag', 'delay', 'ms='])
      assert.ok(stdout.includes(word), word);
  });

  it('show the tree: a line a process, aligned, without colour where there is no terminal', async () => {
    const { code, stdout } = await trunkline('tree');
    assert.equal(code, 0);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    assert.doesNotMatch(stdout, /\u001b/);
    const lines = stdout.trimEnd().split('\n');
    assert.match(lines[0]!, /^root rest_for_one +running$/);
    for (const id of [
      'chain:devnet',
      'devnet',
      'message_aggregator',
      'provider:node-3',
      'health_probe',
      'gateway',
      'config',
    ])
      assert.ok(
        lines.some(line => new RegExp(`─ ${id}( |$)`).test(line)),
        id,
      );
    const at = lines.map(line => line.search(/(?<= {2})running/));
    assert.equal(new Set(at).size, 1, 'the states stand below each other');
    assert.match(stdout, /circuit_breaker:http +running {2}state=closed failures=0/);
  });

  it('show the tree as JSON, processes as plain data', async () => {
    const { stdout } = await trunkline('tree', '--json');
    const root = JSON.parse(stdout) as ShownNode;
    const all: ShownNode[] = [];
    const collect = (node: ShownNode) => {
      all.push(node);
      node.children.forEach(collect);
    };
    collect(root);
    assert.ok(all.length > 20);
    for (const node of all) {
      assert.equal(typeof node.pid?.id, 'number', node.id);
      assert.deepEqual([typeof node.restarts, typeof node.mailboxLength], ['number', 'number']);
      assert.equal(node.status, 'running', node.id);
    }
    assert.equal(new Set(all.map(node => node.pid?.id)).size, all.length);
  });

  it('need the token of the same user, or the one in the environment', async () => {
    const elsewhere = { XDG_RUNTIME_DIR: '/nonexistent' };
    const without = await commands.ended(['tree', '--port', port], elsewhere);
    assert.equal(without.code, 1);
    assert.match(
      without.stderr,
      /^trunkline: the admin token is missing or wrong; set TRUNKLINE_ADMIN_TOKEN/,
    );
  });

  it('say that nobody, or somebody else, answers on the port', async () => {
    const nobody = await commands.ended([
      'devnet',
      'status',
      '--port',
      String(await findFreePort('127.0.0.1')),
    ]);
    assert.deepEqual([nobody.code, nobody.stderr.split('\n').length], [1, 2]);
    assert.match(
      nobody.stderr,
      /^trunkline: no Trunkline answers on 127\.0\.0\.1:\d+ \(connection refused\); start one with `npm start`/,
    );
    const other = createServer((_request, response) => response.end('<html>hello</html>'));
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve));
    const { port: otherPort } = other.address() as AddressInfo;
    const somebody = await commands.ended(['tree', '--port', String(otherPort)]);
    other.close();
    assert.equal(somebody.code, 1);
    assert.match(somebody.stderr, /^trunkline: something that is no Trunkline answers on 127\.0\.0\.1:\d+/);
  });
});
