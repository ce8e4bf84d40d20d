import { type ChainConfig, chainSection } from '../sections/chain.ts';
import { type PipelineConfig, pipelineSection } from '../sections/pipelines/pipeline.ts';
import { type Config, rootSection } from '../sections/root.ts';
import { sessionsSection } from '../sections/sessions.ts';
import { isRaw, withDefaults } from './prepare.ts';

const solanaSlotMs = 400;
/** Some eight seconds: providers of one slot time differ by several slots at any moment. */
const solanaSlotLag = 20;

/** The config of settings that are all valid; undefined when there is nothing to make one of. */
export function assemble(raw: unknown): Config | undefined {
  if (!isRaw(raw)) return undefined;
  const base = rootSection.safeParse({ ...raw, chains: {}, pipelines: {}, sessions: undefined });
  if (!base.success) return undefined;
  const chains: Record<string, ChainConfig> = Object.create(null);
  for (const [name, chain] of Object.entries(isRaw(raw.chains) ? raw.chains : {})) {
    const merged = withDefaults(chain, raw.defaults);
    const parsed = chainSection.safeParse(merged);
    if (parsed.success) chains[name] = derive(parsed.data, merged);
  }
  const pipelines: Record<string, PipelineConfig> = Object.create(null);
  for (const [name, pipeline] of Object.entries(isRaw(raw.pipelines) ? raw.pipelines : {})) {
    const parsed = pipelineSection.safeParse(pipeline);
    if (parsed.success) pipelines[name] = parsed.data;
  }
  const sessions = raw.sessions === undefined ? undefined : sessionsSection.safeParse(raw.sessions).data;
  const { server, admin, log, feed, storage } = base.data;
  return {
    server,
    admin,
    log,
    chains,
    feed,
    pipelines,
    ...(sessions === undefined ? {} : { sessions }),
    ...(storage === undefined ? {} : { storage }),
  };
}

/** Fills the defaults that follow other settings. */
function derive(chain: ChainConfig, raw: unknown): ChainConfig {
  const given = isRaw(raw) ? raw : {};
  const isSolana = chain.family === 'solana';
  if (chain.devnet !== undefined) {
    chain.devnet.engine ??= isSolana ? 'litesvm' : 'anvil';
    if (chain.devnet.engine === 'litesvm' && (!isRaw(given.devnet) || given.devnet.block_time === undefined))
      chain.devnet.block_time = solanaSlotMs;
  }
  if (given.block_time === undefined)
    chain.block_time = chain.devnet?.block_time ?? (isSolana ? solanaSlotMs : chain.block_time);
  if (isSolana && (!isRaw(given.health) || given.health.max_block_lag === undefined))
    chain.health.max_block_lag = solanaSlotLag;
  if (!isRaw(given.health) || given.health.head_poll_interval === undefined) {
    chain.health.head_poll_interval = Math.min(15_000, Math.max(1000, chain.block_time));
  }
  if (!isRaw(given.aggregation) || given.aggregation.finality_interval === undefined) {
    chain.aggregation.finality_interval = Math.max(12_000, chain.block_time);
  }
  return chain;
}
