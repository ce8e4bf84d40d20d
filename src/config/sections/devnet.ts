import { field, section } from '../field.ts';
import { choice } from '../values/choice.ts';
import { duration } from '../values/duration.ts';
import { integer } from '../values/number.ts';

/** `devnet`: a local chain that Trunkline starts itself, behind simulated providers. */
export const devnetSection = section(
  'A local chain that Trunkline starts itself, behind simulated providers; takes the place of `providers`.',
  {
    engine: field(choice(['anvil']).prefault('anvil'), {
      doc: 'The program that runs the chain.',
      applies: 'restart-child',
      child: 'chain',
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
    }),
    accounts: field(integer({ min: 1, max: 1000 }).prefault(10), {
      doc: 'Funded accounts, derived from the well-known test mnemonic.',
      unit: 'accounts',
      applies: 'restart-child',
      child: 'chain',
    }),
    balance: field(integer({ min: 1, max: 1_000_000_000 }).prefault(10_000), {
      doc: 'Balance of each account at the start.',
      unit: 'ether',
      applies: 'restart-child',
      child: 'chain',
    }),
    base_port: field(integer({ min: 0, max: 65_000 }).prefault(0), {
      doc: 'Loopback port of the chain itself, the simulated providers taking those after it; 0 takes any free ones.',
      applies: 'restart-child',
      child: 'chain',
    }),
  },
);
