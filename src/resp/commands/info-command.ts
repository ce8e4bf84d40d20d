import { redisVersion } from './connection-commands.ts';
import type { RespServices, SessionCall } from './session-call.ts';
import { type SessionCommand, sessionSpec } from './session-command.ts';

type Fields = readonly (readonly [string, string | number])[];

function serverFields({ clock, startedAt, runId, port }: RespServices): Fields {
  const seconds = Math.floor((clock.now() - startedAt) / 1000);
  return [
    ['redis_version', redisVersion],
    ['redis_mode', 'standalone'],
    ['os', `${process.platform} ${process.arch}`],
    ['arch_bits', 64],
    ['process_id', process.pid],
    ['run_id', runId],
    ['tcp_port', port],
    ['server_time_usec', Math.floor(clock.wallNow() * 1000)],
    ['uptime_in_seconds', seconds],
    ['uptime_in_days', Math.floor(seconds / 86_400)],
  ];
}

function clientsFields({ clients, options, topics }: RespServices): Fields {
  let subscribers = 0;
  for (const client of clients.values()) if (topics.count(client) > 0) subscribers++;
  return [
    ['connected_clients', clients.size],
    ['cluster_connections', 0],
    ['maxclients', options.maxConnections],
    ['blocked_clients', 0],
    ['pubsub_clients', subscribers],
  ];
}

function memoryFields({ figures }: RespServices): Fields {
  const { usedBytes, maxBytes } = figures();
  const resident = process.memoryUsage.rss();
  return [
    ['used_memory', usedBytes],
    ['used_memory_human', humanBytes(usedBytes)],
    ['used_memory_rss', resident],
    ['used_memory_rss_human', humanBytes(resident)],
    ['maxmemory', maxBytes],
    ['maxmemory_human', humanBytes(maxBytes)],
    ['maxmemory_policy', 'noeviction'],
  ];
}

function persistenceFields({ figures }: RespServices): Fields {
  return [
    ['loading', figures().isReady ? 0 : 1],
    ['async_loading', 0],
    ['rdb_bgsave_in_progress', 0],
    ['aof_enabled', 0],
  ];
}

function statsFields({ meter, topics }: RespServices): Fields {
  return [
    ['total_connections_received', meter.accepted.total + meter.rejected],
    ['total_commands_processed', meter.commands],
    ['total_net_input_bytes', meter.received.total],
    ['total_net_output_bytes', meter.sent.total],
    ['rejected_connections', meter.rejected],
    ['pubsub_channels', topics.channels(() => true).length],
    ['pubsub_patterns', topics.patternCount],
    ['total_error_replies', meter.errors],
  ];
}

function replicationFields({ runId }: RespServices): Fields {
  return [
    ['role', 'master'],
    ['connected_slaves', 0],
    ['master_failover_state', 'no-failover'],
    ['master_replid', runId],
    ['master_repl_offset', 0],
  ];
}

function cpuFields(): Fields {
  const { system, user } = process.cpuUsage();
  return [
    ['used_cpu_sys', (system / 1e6).toFixed(6)],
    ['used_cpu_user', (user / 1e6).toFixed(6)],
  ];
}

function keyspaceFields({ figures }: RespServices): Fields {
  const { keys, keysWithExpiry } = figures();
  return keys === 0 ? [] : [['db0', `keys=${keys},expires=${keysWithExpiry},avg_ttl=0`]];
}

const sections: ReadonlyMap<string, (services: RespServices) => Fields> = new Map([
  ['server', serverFields],
  ['clients', clientsFields],
  ['memory', memoryFields],
  ['persistence', persistenceFields],
  ['stats', statsFields],
  ['replication', replicationFields],
  ['cpu', cpuFields],
  ['cluster', () => [['cluster_enabled', 0]] as const],
  ['keyspace', keyspaceFields],
]);

const everySection: ReadonlySet<string> = new Set(['default', 'all', 'everything']);

function info({ words, services, reply }: SessionCall): void {
  const asked = new Set<string>();
  for (let i = 1; i < words.count; i++) asked.add(words.lower(i));
  const isEvery = asked.size === 0 || [...asked].some(name => everySection.has(name));
  const parts: string[] = [];
  for (const [name, fields] of sections) {
    if (!isEvery && !asked.has(name)) continue;
    const lines = fields(services).map(([field, value]) => `${field}:${value}\r\n`);
    parts.push(`# ${name[0]!.toUpperCase()}${name.slice(1)}\r\n${lines.join('')}`);
  }
  reply.verbatim('txt', parts.join('\r\n'));
}

function humanBytes(bytes: number): string {
  const units = ['B', 'K', 'M', 'G', 'T'];
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${unit === 0 ? value : value.toFixed(2)}${units[unit]}`;
}

/** INFO with the sections that clients and dashboards read. */
export const infoCommand: SessionCommand = {
  spec: sessionSpec({
    name: 'info',
    arity: -1,
    flags: ['loading', 'stale'],
    group: 'server',
    summary: 'Get information and statistics about the server',
    syntax: '[section [section ...]]',
    since: '1.0.0',
  }),
  run: info,
};
