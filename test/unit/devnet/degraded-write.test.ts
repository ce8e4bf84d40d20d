import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { writeEndlessly } from '../../../src/devnet/degraded-write.ts';
import { parseFaultOptions } from '../../../src/devnet/fault-options.ts';
import { FaultSet } from '../../../src/devnet/fault-set.ts';
import { eventually } from '../../support/eventually.ts';

/** Both ends of a connection; the client keeps its half open and reads. */
async function connection(t: TestContext): Promise<{ client: Socket; socket: Socket }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect({ port: (server.address() as AddressInfo).port, allowHalfOpen: true }).resume();
  const [socket] = (await once(server, 'connection')) as [Socket];
  socket.on('error', () => {});
  t.after(() => {
    client.destroy();
    socket.destroy();
    server.close();
  });
  return { client, socket };
}

function hugeFault() {
  const faults = new FaultSet();
  faults.set('huge', parseFaultOptions('huge', {}));
  return { faults, huge: faults.take('huge', 'http', []) ?? assert.fail() };
}

describe('writeEndlessly', () => {
  it('ends on a connection whose half it has ended, while the client keeps its own open', async t => {
    const { socket } = await connection(t);
    const { faults, huge } = hugeFault();
    socket.end();
    assert.equal(socket.destroyed, false);
    await writeEndlessly(socket, huge, bytes => bytes, faults);
  });

  it('ends when its half is ended while bytes wait for the client', async t => {
    const { client, socket } = await connection(t);
    const { faults, huge } = hugeFault();
    client.pause();
    const sending = writeEndlessly(socket, huge, bytes => bytes, faults);
    await eventually(() => socket.writableLength > 0, 'bytes that wait');
    socket.end();
    client.resume();
    await sending;
  });

  it('lets others have their turn between two blocks, and ends with the fault', async t => {
    const { socket } = await connection(t);
    const { faults, huge } = hugeFault();
    let blocks = 0;
    let blocksAtTurn = -1;
    setImmediate(() => {
      blocksAtTurn = blocks;
      faults.clear('huge');
    });
    const counted = (bytes: Buffer) => {
      blocks++;
      return bytes;
    };
    await writeEndlessly(socket, huge, counted, faults);
    assert.ok(blocksAtTurn <= 1, `${blocksAtTurn} blocks before the first turn`);
    assert.ok(blocks <= 2, `${blocks} blocks`);
  });
});
