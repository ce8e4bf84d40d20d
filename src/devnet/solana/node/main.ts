import { systemClock } from '../../../clock/system-clock.ts';
import { type Log, silentLog } from '../../../telemetry/log.ts';
import type { NodeMessage, NodeRequest, SolanaNodeOptions } from './node-protocol.ts';
import { SolanaNode } from './solana-node.ts';

// The process of an embedded Solana chain. It talks to the one that started it over the channel of node:child_process.

const tell = (message: NodeMessage) => {
  if (process.connected) process.send?.(message);
};
const warn = (message: string, fields: { readonly error?: unknown } = {}) => {
  const { error } = fields;
  const cause = error instanceof Error ? `: ${error.stack ?? error.message}` : '';
  tell({ type: 'warning', message: (message + cause).slice(0, 2_000) });
};
const log: Log = { ...silentLog, warn, error: warn, child: () => log };

// A parent that is gone, by whatever cause, has closed the channel.
process.on('disconnect', () => process.exit(0));

const options = JSON.parse(process.argv[2] ?? '{}') as SolanaNodeOptions;
const node = new SolanaNode(options, { clock: systemClock, log });

process.on('message', (request: NodeRequest) => {
  try {
    tell({ type: 'answer', id: request.id, slots: node.run(request.command) });
  } catch (error) {
    tell({ type: 'answer', id: request.id, error: (error as Error).message });
  }
});

try {
  tell({ type: 'ready', ...(await node.start()) });
} catch (error) {
  const { message, code } = error as NodeJS.ErrnoException;
  const isPortTaken = code === 'EADDRINUSE' || code === 'devnet_port_taken';
  if (process.connected)
    process.send?.({ type: 'failed', message, isPortTaken } satisfies NodeMessage, () => process.exit(1));
  else process.exit(1);
}
