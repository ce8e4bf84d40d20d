import { z } from 'zod';
import { field, section } from '../field.ts';
import { choice } from '../values/choice.ts';
import { pubkey } from '../values/pubkey.ts';

const keys = () => z.array(pubkey()).prefault([]);

/** `chains.<name>.gather`: what of a Solana chain is put into the feed. */
export const gatherSection = section(
  'What of a Solana chain is put into the feed, besides its slots and what clients follow at the moment.',
  {
    source: field(choice(['auto', 'geyser', 'logs']).prefault('auto'), {
      doc: 'Where it comes from. `geyser`: the gRPC stream; `logs`: `logsSubscribe` at the providers, which has no accounts; `auto`: the stream where the chain has one.',
      applies: 'restart-child',
      child: 'chain',
    }),
    commitment: field(choice(['processed', 'confirmed', 'finalized']).prefault('confirmed'), {
      doc: 'How sure a slot is before its events are told. At `processed` events of an abandoned slot are told again as removed.',
      applies: 'restart-child',
      child: 'chain',
    }),
    programs: field(keys(), {
      doc: 'Programs whose logs and transactions are always gathered.',
      applies: 'restart-child',
      child: 'chain',
    }),
    accounts: field(keys(), {
      doc: 'Accounts whose writes are always gathered; needs the gRPC stream.',
      applies: 'restart-child',
      child: 'chain',
    }),
  },
);
