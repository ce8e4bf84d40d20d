import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Devnet, DevnetOptions } from '../../src/devnet/devnet.ts';
import { solanaGenesis } from '../../src/devnet/solana/well-known.ts';
import { type Cleanup, startDevnet } from './devnet.ts';
import { eventProgram } from './solana-events.ts';

/** The name of the chain of these tests. */
export const solanaChain = 'sol';

/** What a test changes in the config; each is YAML. */
export interface SolanaYaml {
  /** Of `chains.sol.geyser`, without its endpoints; undefined: no Geyser at all. */
  readonly geyser?: string | undefined;
  /** Of `chains.sol.gather`. */
  readonly gather?: string;
  /** Lines below `pipelines:`. */
  readonly pipelines?: string;
  /** Where the storage is; undefined: none. */
  readonly storage?: string;
  /** Programs that are gathered whether or not somebody follows them. @default the event program */
  readonly programs?: readonly string[];
  /** Further sections of the whole. */
  readonly sections?: string;
}

/** Settings of `geyser` with which faults are over soon. */
export const swiftGeyser =
  'stall_timeout: 500ms, ping_interval: 1s, keepalive_interval: 1s, keepalive_timeout: 500ms, connect_timeout: 500ms, reconnect_min: 20ms, reconnect_max: 200ms';

/** A Solana chain in a process of its own, which outlives any Trunkline: a block every 100 ms, three providers. */
export function startSolanaDevnet(cleanup: Cleanup, options: Partial<DevnetOptions> = {}): Promise<Devnet> {
  return startDevnet(cleanup, {
    chain: solanaChain,
    engine: 'litesvm',
    blockTimeMs: 100,
    finalizeAfter: 8,
    ...options,
  });
}

/** The config of a Trunkline in front of such a chain. */
export function solanaYaml(
  devnet: Devnet,
  { geyser, gather, pipelines, storage, programs = [eventProgram], sections }: SolanaYaml,
): string {
  const providers = devnet.providers.map(
    ({ id, url, wsUrl }, n) => `{ id: ${id}, url: "${url}", ws_url: "${wsUrl}", priority: ${n + 1} }`,
  );
  const endpoints = devnet.geysers.map(
    ({ id, geyserUrl, token }, n) =>
      `{ id: ${id}, url: "${geyserUrl}", token: "${token}", priority: ${n + 1} }`,
  );
  const lines = [
    ...(storage === undefined ? [] : [`storage: { directory: "${storage}", readers: { min: 1, max: 1 } }`]),
    'chains:',
    `  ${solanaChain}:`,
    '    family: solana',
    `    genesis_hash: ${solanaGenesis(solanaChain)}`,
    '    block_time: 100ms',
    '    failover: { deadline: 5s, raw_write_timeout: 500ms, cooldown: 100ms, max_cooldown: 500ms }',
    '    circuit_breaker: { recovery_timeout: 500ms }',
    '    websocket: { reconnect_min: 20ms, reconnect_max: 200ms }',
    '    health: { probe_interval: 300ms, probe_timeout: 500ms, head_poll_interval: 100ms }',
    `    gather: { programs: [${programs.join(', ')}]${gather === undefined ? '' : `, ${gather}`} }`,
    `    providers: [${providers.join(', ')}]`,
    ...(geyser === undefined ? [] : [`    geyser: { ${geyser}, endpoints: [${endpoints.join(', ')}] }`]),
    ...(pipelines === undefined ? [] : ['pipelines:', pipelines]),
    ...(sections === undefined ? [] : [sections]),
  ];
  return `${lines.join('\n')}\n`;
}

const fixtures = join(import.meta.dirname, '../fixtures/pipelines');

/** A pipeline that reads the emitted numbers. @param more further settings, in flow YAML */
export function emittedPipeline(id: string, handlers: string, more = ''): string {
  return `  ${id}: { chain: ${solanaChain}, kind: instruction, filter: { programs: [${eventProgram}] }, parser: { type: module, path: "${fixtures}/emitted.ts" }, handlers: [${handlers}]${more === '' ? '' : `, ${more}`} }`;
}

/** Handlers of such a pipeline. */
export const emittedHandlers = {
  record: `{ type: module, path: "${fixtures}/recording-handler.ts" }`,
  feed: '{ type: feed }',
  storage: '{ type: storage, key: "{pipeline}:{key}" }',
} as const;

/** A folder that goes with the test. */
export function temporaryFolder(cleanup: Cleanup): string {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-solana-'));
  cleanup.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
