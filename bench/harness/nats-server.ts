import { writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { findFreePort } from '../../src/devnet/free-port.ts';
import type { BenchChild, ChildProcesses } from './child-processes.ts';
import { waitFor } from './wait-for.ts';

/** Starts a nats-server on a free port, with JetStream in a temporary folder when it is asked for. */
export async function startNats(
  children: ChildProcesses,
  { jetStream = false }: { readonly jetStream?: boolean } = {},
): Promise<{ readonly child: BenchChild; readonly port: number }> {
  const port = await findFreePort('127.0.0.1');
  const folder = children.makeFolder();
  const file = join(folder, 'nats.conf');
  const lines = [
    `host: 127.0.0.1`,
    `port: ${port}`,
    'max_connections: 20000',
    ...(jetStream ? [`jetstream { store_dir: ${JSON.stringify(folder)} }`] : []),
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  const child = children.start('nats-server', 'nats-server', ['-c', file]);
  await waitFor(child, () => answersInfo(port));
  return { child, port };
}

function answersInfo(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1');
    socket.setTimeout(1_000, () => socket.destroy());
    socket.once('data', chunk => {
      resolve(chunk.toString('latin1').startsWith('INFO'));
      socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(false));
  });
}

/** A connection that publishes; what it is sent is left to `onData`. */
export function connectNats(port: number, onData: (chunk: Buffer) => void = () => {}): Socket {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('data', chunk => {
    if (chunk.includes('PING\r\n')) socket.write('PONG\r\n');
    onData(chunk as Buffer);
  });
  socket.on('error', () => {});
  socket.write('CONNECT {"verbose":false,"pedantic":false,"headers":true}\r\n');
  return socket;
}

/** The bytes that publish `payload`. */
export function publication(to: string, payload: Buffer, replyTo = ''): Buffer[] {
  const head = `PUB ${to} ${replyTo === '' ? '' : `${replyTo} `}${payload.length}\r\n`;
  return [Buffer.from(head, 'latin1'), payload, Buffer.from('\r\n')];
}
