import { field, section } from '../field.ts';
import { choice } from '../values/choice.ts';
import { duration } from '../values/duration.ts';
import { integer } from '../values/number.ts';

/** `devnet`: a local chain that Trunkline starts itself, behind simulated providers. */
export const devnetSection = section(
  'A local chain that Trunkline starts itself, behind simulated providers; takes the place of `providers`.',
  {
    engine: field(choice(['anvil', 'litesvm']).optional(), {
      doc: 'What runs the chain: anvil an EVM one, litesvm a Solana one.',
      applies: 'restart-child',
      child: 'chain',
      derivedDefault: '`anvil`; of `family: solana` `litesvm`',
    }),
    providers: field(integer({ min: 1, max: 16 }).prefault(3), {
      doc: 'Simulated providers in front of the chain, each of which can be made to fail on demand.',
      unit: 'providers',
      applies: 'restart-child',
      child: 'chain',
    }),
    block_time: field(duration({ min: 100, max: 3_600_000 }).prefault('1s'), {
      doc: 'Time between two blocks.',
      unit: 'duration',
      applies: 'restart-child',
      child: 'chain',
      derivedDefault: '`1s`; of `litesvm` `400ms`',
    }),
    accounts: field(integer({ min: 1, max: 1000 }).prefault(10), {
      doc: 'Funded accounts. Of anvil derived from the well-known test mnemonic, of litesvm from `trunkline devnet account N`.',
      unit: 'accounts',
      applies: 'restart-child',
      child: 'chain',
    }),
    balance: field(integer({ min: 1, max: 1_000_000_000 }).prefault(10_000), {
      doc: 'Balance of each account at the start, in ether or SOL.',
      unit: 'coins',
      applies: 'restart-child',
      child: 'chain',
    }),
    base_port: field(integer({ min: 0, max: 65_000 }).prefault(0), {
      doc: 'Loopback port of the chain itself, of litesvm with the next one for its Geyser server; the simulated providers take those after it, for litesvm as many again for their Geyser endpoints; 0 takes any free ones.',
      applies: 'restart-child',
      child: 'chain',
    }),
    confirm_after: field(integer({ min: 0, max: 64 }).prefault(1), {
      doc: 'Of litesvm: how many slots on top make a slot `confirmed`; simulated, for there are no votes.',
      unit: 'slots',
      applies: 'restart-child',
      child: 'chain',
    }),
    finalize_after: field(integer({ min: 1, max: 512 }).prefault(32), {
      doc: 'Of litesvm: how many slots on top make a slot `finalized`; simulated as well.',
      unit: 'slots',
      applies: 'restart-child',
      child: 'chain',
    }),
    fork_every: field(integer({ min: 0, max: 1_000_000 }).prefault(0), {
      doc: 'Of litesvm: after how many slots one is abandoned again, as in a fork; 0: never by itself.',
      unit: 'slots',
      applies: 'restart-child',
      child: 'chain',
    }),
  },
);
