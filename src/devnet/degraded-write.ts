import type { Socket } from 'node:net';
import type { Clock } from '../clock/clock.ts';
import type { FaultOptions } from './fault-kinds.ts';
import type { FaultSet, FaultTransport } from './fault-set.ts';
import { resetSocket } from './reset-socket.ts';

/** How the sending of one answer goes wrong; all undefined: it does not. */
export interface Degradation {
  readonly delayMs: number;
  readonly truncate: FaultOptions<'truncate'> | undefined;
  readonly reset: FaultOptions<'reset'> | undefined;
  readonly drip: FaultOptions<'slow-drip'> | undefined;
}

/** Applies the faults that concern sending to one answer. */
export function takeDegradation(
  faults: FaultSet,
  transport: FaultTransport,
  methods: readonly string[],
): Degradation {
  const delay = faults.take('delay', transport, methods);
  const jitter = delay === undefined ? 0 : (Math.random() * 2 - 1) * delay.jitter;
  const truncate = faults.take('truncate', transport, methods);
  const reset =
    faults.get('reset')?.stage === 'response' ? faults.take('reset', transport, methods) : undefined;
  const drip = faults.take('slow-drip', transport, methods);
  return { delayMs: delay === undefined ? 0 : Math.max(0, delay.ms + jitter), truncate, reset, drip };
}

/** How many bytes of a body `truncate` leaves. */
export function bytesLeft(truncate: FaultOptions<'truncate'>, length: number): number {
  return Math.min(truncate.keep === 0 ? Math.floor(length / 2) : truncate.keep, Math.max(0, length - 1));
}

/** Writes to `socket` and resolves once the bytes are with the kernel, or the connection is gone. */
export function write(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise(resolve => {
    if (!socket.writable) resolve();
    else {
      socket.once('close', resolve);
      socket.write(bytes, () => {
        socket.off('close', resolve);
        resolve();
      });
    }
  });
}

/**
 * Writes an answer the way `degradation` says, the delay excepted. `cutAt` is where a cut connection ends it.
 * Resolves when all is sent or the connection is gone.
 */
export async function writeDegraded(
  socket: Socket,
  bytes: Buffer,
  degradation: Degradation,
  cutAt: number,
  context: { readonly clock: Clock; readonly faults: FaultSet },
): Promise<void> {
  const { truncate, reset, drip } = degradation;
  const isCut = truncate?.style === 'connection';
  const end =
    reset === undefined ? (isCut ? cutAt : bytes.length) : Math.min(reset.after_bytes, bytes.length);
  const part = bytes.subarray(0, end);
  if (drip === undefined) await write(socket, part);
  else await writeSlowly(socket, part, drip, context);
  if (reset !== undefined) resetSocket(socket);
  else if (isCut) socket.end();
}

/** Resolves after `ms`. */
export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise(resolve => clock.setTimeout(resolve, ms));
}

/** Sends filler until the announced length is out, the fault is healed or the connection takes no more. */
export async function writeEndlessly(
  socket: Socket,
  huge: FaultOptions<'huge'>,
  block: (filler: Buffer) => Buffer,
  faults: FaultSet,
): Promise<void> {
  const total = huge.bytes === 0 ? Number.POSITIVE_INFINITY : huge.bytes;
  const filler = Buffer.alloc(64 * 1024, '0');
  for (let sent = 0; sent < total && socket.writable && !faults.isHealed(huge); sent += filler.length) {
    await write(socket, block(filler.subarray(0, Math.min(filler.length, total - sent))));
    // The kernel may take every block at once: others have their turn between two of them.
    await new Promise(resolve => setImmediate(resolve));
  }
}

async function writeSlowly(
  socket: Socket,
  bytes: Buffer,
  drip: FaultOptions<'slow-drip'>,
  context: { readonly clock: Clock; readonly faults: FaultSet },
): Promise<void> {
  let at = 0;
  while (at < bytes.length && socket.writable && !context.faults.isHealed(drip)) {
    await write(socket, bytes.subarray(at, at + drip.bytes));
    at += drip.bytes;
    await sleep(context.clock, drip.interval_ms);
  }
  if (at < bytes.length) await write(socket, bytes.subarray(at));
}
