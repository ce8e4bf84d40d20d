import type { ConfigPath, Finding } from '../diagnostic.ts';
import type { Check } from './check.ts';

/** The ports of devnets overlap neither each other nor the server's. */
export const checkPorts: Check = ({ config }) => {
  const findings: Finding[] = [];
  const taken = new Map<number, { readonly name: string; readonly path: ConfigPath }>();
  if (config.server.port !== 0)
    taken.set(config.server.port, { name: '`server.port`', path: ['server', 'port'] });
  const { ws_port: wsPort } = config.server;
  if (wsPort !== undefined && wsPort === config.server.port) {
    findings.push({
      code: 'config_conflict',
      message: '`server.ws_port` is `server.port`',
      hint: `write \`ws_port: ${wsPort + 1}\`, or leave it out`,
      path: ['server', 'ws_port'],
      involves: [['server', 'port']],
    });
  } else if (wsPort !== undefined)
    taken.set(wsPort, { name: '`server.ws_port`', path: ['server', 'ws_port'] });
  for (const [name, { devnet, enabled }] of Object.entries(config.chains)) {
    if (devnet === undefined || !enabled || devnet.base_port === 0) continue;
    const path = ['chains', name, 'devnet', 'base_port'];
    // A Solana chain has a Geyser server, and a port of it for each provider.
    const isSolana = devnet.engine === 'litesvm';
    const count = isSolana ? 2 + 2 * devnet.providers : 1 + devnet.providers;
    for (let port = devnet.base_port; port < devnet.base_port + count; port++) {
      const owner = taken.get(port);
      if (owner === undefined) {
        taken.set(port, { name: `the devnet of \`chains.${name}\``, path });
        continue;
      }
      findings.push({
        code: 'config_conflict',
        message: `port ${port} of this devnet is already that of ${owner.name}`,
        hint: `this devnet takes ${count} ports from \`base_port\` on: ${isSolana ? 'two of the chain and two' : 'one of the chain and one'} for each provider; 0 takes free ones`,
        path,
        involves: [owner.path, ['chains', name, 'devnet', 'providers']],
      });
      break;
    }
  }
  return findings;
};
