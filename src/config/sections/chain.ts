import { z } from 'zod';
import { field, section } from '../field.ts';
import { choice } from '../values/choice.ts';
import { duration } from '../values/duration.ts';
import { flag } from '../values/flag.ts';
import { genesisHash } from '../values/genesis-hash.ts';
import { integer } from '../values/number.ts';
import { devnetSection } from './devnet.ts';
import { gatherSection } from './gather.ts';
import { geyserSection } from './geyser.ts';
import { providerSection } from './provider.ts';
import { tuningSections } from './tuning.ts';

/** What a chain may be called: it is a path segment, a metric label and the name of a process. */
export const chainNamePattern = /^(?=[a-z0-9-]*[a-z])[a-z0-9][a-z0-9-]{0,62}$/;

/** One entry of `chains`, named by its key: what it is, who serves it, and its tuning. */
export const chainSection = section('A chain, served at `/rpc/<name>`.', {
  family: field(choice(['evm', 'solana']).prefault('evm'), {
    doc: 'The kind of chain, which decides what methods, events and errors mean.',
    applies: 'restart-child',
    child: 'chain',
  }),
  chain_id: field(integer({ min: 1, max: Number.MAX_SAFE_INTEGER }).optional(), {
    doc: 'Of `family: evm`, where it is needed: the id that every provider of the chain has to report; one that reports another gets no traffic.',
    applies: 'restart-child',
    child: 'chain',
  }),
  genesis_hash: field(genesisHash().optional(), {
    doc: 'Of `family: solana`, where it is needed: the hash of the genesis block that every provider has to report, in base58, or `mainnet-beta`, `testnet` or `devnet`. An embedded chain has its own.',
    applies: 'restart-child',
    child: 'chain',
  }),
  block_time: field(duration({ min: 10, max: 3_600_000 }).prefault('12s'), {
    doc: 'Usual time between two blocks.',
    unit: 'duration',
    applies: 'restart-child',
    child: 'chain',
    derivedDefault: '`12s`, of `family: solana` `400ms`; of a devnet its `devnet.block_time`',
  }),
  enabled: field(flag().prefault(true), {
    doc: 'Whether the chain is served; `false` keeps its entry without starting it.',
    applies: 'restart-child',
    child: 'chain',
  }),
  devnet: field(devnetSection.optional(), {
    doc: 'Runs a local chain instead of connecting to `providers`.',
    applies: 'restart-child',
    child: 'chain',
  }),
  selection: field(tuningSections.selection.prefault({}), {
    doc: 'Which provider a call goes to first.',
    applies: 'live',
  }),
  failover: field(tuningSections.failover.prefault({}), {
    doc: 'How long and how often a call is tried.',
    applies: 'live',
  }),
  aggregation: field(tuningSections.aggregation.prefault({}), {
    doc: 'How the event streams of several providers become one.',
    applies: 'restart-child',
    child: 'chain',
  }),
  circuit_breaker: field(tuningSections.circuit_breaker.prefault({}), {
    doc: 'When a failing provider is left alone.',
    applies: 'restart-child',
  }),
  health: field(tuningSections.health.prefault({}), {
    doc: 'How providers are watched.',
    applies: 'restart-child',
  }),
  websocket: field(tuningSections.websocket.prefault({}), {
    doc: 'The WebSocket connection to a provider.',
    applies: 'restart-child',
  }),
  http: field(tuningSections.http.prefault({}), {
    doc: 'The HTTP connections to a provider.',
    applies: 'restart-child',
  }),
  geyser: field(geyserSection.optional(), {
    doc: 'Of `family: solana`: the gRPC stream that pipelines read.',
    applies: 'restart-child',
    child: 'chain',
  }),
  gather: field(gatherSection.prefault({}), {
    doc: 'Of `family: solana`: what is put into the feed.',
    applies: 'restart-child',
    child: 'chain',
  }),
  providers: field(z.array(providerSection).prefault([]), {
    doc: 'The upstreams of the chain. One whose environment variable is unset is left out.',
    applies: 'restart-child',
  }),
});

export type ChainConfig = z.output<typeof chainSection>;
