import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { isMissing } from '../../support/real-redis.ts';
import { RespStack } from '../../support/resp-stack.ts';

interface Finished {
  readonly output: string;
  readonly code: number;
}

function run(program: string, words: readonly string[], input = ''): Promise<Finished> {
  return new Promise(resolve => {
    const child = execFile(program, words, { timeout: 30_000 }, (error, stdout, stderr) => {
      resolve({ output: stdout + stderr, code: error === null ? 0 : Number(error.code ?? 1) });
    });
    child.stdin?.end(input);
  });
}

describe('redis-cli', { skip: isMissing('redis-cli') }, () => {
  let stack: RespStack;
  const cli = (words: readonly string[], input?: string) =>
    run('redis-cli', ['-h', '127.0.0.1', '-p', `${stack.port}`, ...words], input);

  before(async () => {
    stack = await RespStack.start();
  });

  after(async () => {
    await stack?.stop();
  });

  it('reads and writes in both versions of the protocol', async () => {
    assert.equal((await cli(['set', 'k', 'v'])).output, 'OK\n');
    for (const version of ['-2', '-3']) assert.equal((await cli([version, 'get', 'k'])).output, 'v\n');
    assert.match((await cli(['nope'])).output, /^ERR unknown command 'nope', with args beginning with: /);
    assert.equal((await cli(['--json', 'mget', 'k', 'none'])).output, '["v",null]\n');
  });

  it('reads INFO, CONFIG and COMMAND as it does Redis’', async () => {
    await cli(['set', 'k', 'v']);
    const info = (await cli(['info'])).output;
    for (const section of [
      'Server',
      'Clients',
      'Memory',
      'Persistence',
      'Stats',
      'Replication',
      'Keyspace',
    ]) {
      assert.match(info, new RegExp(`^# ${section}\r?$`, 'm'));
    }
    assert.match(info, /^role:master\r?$/m);
    assert.match(info, /^loading:0\r?$/m);
    assert.equal((await cli(['config', 'get', 'save'])).output, 'save\n\n');
    assert.match((await cli(['command', 'docs', 'get'])).output, /Get the value of a key/);
    assert.ok(Number((await cli(['command', 'count'])).output) > 30);
  });

  it('inserts in bulk with --pipe', async () => {
    await cli(['flushall']);
    const count = 20_000;
    const commands = Array.from({ length: count }, (_, i) => {
      const key = `k${i}`;
      return `*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$1\r\nv\r\n`;
    });
    const { output } = await cli(['--pipe'], commands.join(''));
    assert.match(output, new RegExp(`errors: 0, replies: ${count}`));
    assert.equal((await cli(['dbsize'])).output, `${count}\n`);
    assert.equal((await cli(['--scan', '--pattern', 'k1999*'])).output.trim().split('\n').length, 11);
  });

  it('is understood line by line, as typed', async () => {
    const { output } = await cli([], 'set "a key" "with \\"quotes\\""\nget "a key"\nselect 3\n');
    assert.match(output, /OK\nwith "quotes"\nERR DB index is out of range/);
  });
});

describe('redis-benchmark', { skip: isMissing('redis-benchmark') }, () => {
  it('runs its loads without an error', async () => {
    const stack = await RespStack.start();
    try {
      const words = [
        '-p',
        `${stack.port}`,
        '-t',
        'ping,set,get,incr,mset',
        '-n',
        '2000',
        '-c',
        '10',
        '-P',
        '8',
        '--csv',
      ];
      const { output, code } = await run('redis-benchmark', words);
      assert.equal(code, 0, output);
      assert.doesNotMatch(output, /error/i);
      for (const load of ['PING_MBULK', 'SET', 'GET', 'INCR', 'MSET'])
        assert.match(output, new RegExp(`"${load}`));
    } finally {
      await stack.stop();
    }
  });
});
