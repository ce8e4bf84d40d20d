import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sessionTable } from '../../../src/resp/commands/session-table.ts';
import { commandTable } from '../../../src/storage/commands/command-table.ts';
import { eventually } from '../../support/eventually.ts';
import { startRespServer, wire } from '../../support/resp-server.ts';

describe('session commands', () => {
  it('have no name in common with storage commands, and each a specification that is complete', () => {
    for (const [name, { spec, run, subcommands }] of sessionTable) {
      assert.equal(name, spec.name);
      assert.equal(
        commandTable.some(other => other.name === name),
        false,
        name,
      );
      assert.ok(run !== undefined || subcommands !== undefined, name);
      for (const text of [spec.summary, spec.since, spec.complexity]) assert.notEqual(text, '', name);
    }
  });

  it('are told of by COMMAND together with those of the storage', async t => {
    const client = wire(t, await startRespServer(t));
    const total = sessionTable.size + commandTable.length;
    assert.equal(await client.command('COMMAND', 'COUNT'), total);
    const all = (await client.command('COMMAND')) as [Buffer, number][];
    assert.equal(all.length, total);
    const byName = new Map(all.map(([name, arity]) => [String(name), arity]));
    assert.equal(byName.get('get'), 2);
    assert.equal(byName.get('client'), -2);
    const docs = (await client.command('COMMAND', 'DOCS', 'get', 'GET', 'nope')) as Buffer[];
    assert.equal(docs.length, 2);
    const names = (await client.command('COMMAND', 'LIST', 'FILTERBY', 'ACLCAT', 'pubsub')) as Buffer[];
    assert.deepEqual(names.map(String).sort(), [
      'psubscribe',
      'publish',
      'punsubscribe',
      'subscribe',
      'unsubscribe',
    ]);
  });

  it('each answer HELP', async t => {
    const client = wire(t, await startRespServer(t));
    for (const container of ['CLIENT', 'COMMAND', 'CONFIG', 'PUBSUB']) {
      const lines = (await client.command(container, 'HELP')) as string[];
      assert.equal(lines[0], `${container} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`);
      assert.equal(lines.at(-1), '    Prints this help.');
    }
  });

  it('HELLO 3 answers a map in RESP3 and names the connection', async t => {
    const client = wire(t, await startRespServer(t));
    const reply = (await client.command('HELLO', '3', 'SETNAME', 'me')) as Map<string, unknown>;
    assert.deepEqual([...reply.keys()], ['server', 'version', 'proto', 'id', 'mode', 'role', 'modules']);
    assert.equal(reply.get('proto'), 3);
    assert.equal(String(await client.command('CLIENT', 'GETNAME')), 'me');
    assert.match(await client.raw('CLIENT', 'INFO'), /^=\d+\r\ntxt:id=\d+ addr=127\.0\.0\.1:\d+ .* resp=3 /);
    assert.equal(await client.raw('GET', 'none'), '_\r\n');
    assert.equal(await client.raw('RESET'), '+RESET\r\n');
    assert.equal(await client.raw('GET', 'none'), '$-1\r\n');
  });

  it('a RESP3 client goes on with other commands while it is subscribed', async t => {
    const server = await startRespServer(t);
    const client = wire(t, server);
    await client.command('HELLO', '3');
    assert.equal(await client.raw('SUBSCRIBE', 'c'), '>3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n');
    assert.equal(await client.raw('SET', 'a', '1'), '+OK\r\n');
    client.send(['PUBLISH', 'c', 'm']);
    assert.equal(await client.readRaw(), '>3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nm\r\n');
    assert.equal(await client.readRaw(), ':1\r\n');
  });

  it('CLIENT KILL ends others at once and itself behind the reply', async t => {
    const server = await startRespServer(t);
    const [own, other] = [wire(t, server), wire(t, server)];
    const otherId = (await other.command('CLIENT', 'ID')) as number;
    assert.equal(await own.command('CLIENT', 'KILL', 'ID', String(otherId)), 1);
    await other.closed;
    assert.equal(await own.command('CLIENT', 'KILL', 'TYPE', 'normal'), 0);
    assert.equal(await own.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'no'), 1);
    await own.closed;
    await eventually(() => server.listener.connectionCount === 0);
  });

  it('INFO tells of the sections that were asked for', async t => {
    const server = await startRespServer(t);
    const client = wire(t, server);
    await client.command('SET', 'a', '1');
    assert.equal(
      String(await client.command('INFO', 'keyspace')),
      '# Keyspace\r\ndb0:keys=1,expires=0,avg_ttl=0\r\n',
    );
    const two = String(await client.command('INFO', 'replication', 'PERSISTENCE'));
    assert.match(two, /^# Persistence\r\nloading:0\r\n[^#]*\r\n# Replication\r\nrole:master\r\n/);
    assert.equal(String(await client.command('INFO', 'nothing')), '');
    assert.match(String(await client.command('INFO')), /\r\nredis_version:\d+\.\d+\.\d+\r\n/);
  });
});
