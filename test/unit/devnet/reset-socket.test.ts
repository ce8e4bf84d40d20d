import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { resetSocket } from '../../../src/devnet/reset-socket.ts';

describe('resetSocket', () => {
  for (const isEnding of [false, true]) {
    it(`closes a connection ${isEnding ? 'whose end is being sent' : 'with a reset'}`, async t => {
      const server = createServer();
      t.after(() => server.close());
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const accepted = once(server, 'connection') as Promise<[Socket]>;
      const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
      const [served] = await accepted;
      t.after(() => served.destroy());
      const errors: unknown[] = [];
      client.on('error', error => errors.push(error));
      const seen = new Promise(resolve => {
        served.once('error', error => resolve((error as { code?: string }).code));
        served.once('end', () => resolve('end'));
      });
      served.resume();
      const closed = once(client, 'close');
      if (isEnding) client.end();
      resetSocket(client);
      await closed;
      assert.deepEqual([errors, await seen], [[], isEnding ? 'end' : 'ECONNRESET']);
    });
  }
});
