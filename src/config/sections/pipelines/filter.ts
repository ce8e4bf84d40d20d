import { z } from 'zod';
import { field, section } from '../../field.ts';
import { flag } from '../../values/flag.ts';
import { integer } from '../../values/number.ts';
import { pubkey } from '../../values/pubkey.ts';
import { text } from '../../values/text.ts';

const keys = () => z.array(pubkey()).prefault([]);
const base58 = /^[1-9A-HJ-NP-Za-km-z]{1,175}$/;

const memcmpSection = section('Bytes that the data of an account has to have.', {
  offset: field(integer({ min: 0, max: 10_485_760 }), {
    doc: 'Where they stand.',
    unit: 'bytes',
    applies: 'restart-child',
    child: 'pipelines',
  }),
  bytes: field(text({ pattern: base58, expected: 'bytes in base58, 128 at most' }), {
    doc: 'The bytes, in base58.',
    applies: 'restart-child',
    child: 'pipelines',
  }),
});

/** `pipelines.<name>.filter` */
export const filterSection = section(
  'Which updates a pipeline gets. Lists that are empty are no condition.',
  {
    programs: field(keys(), {
      doc: 'Transactions that name one of these programs; of `kind: instruction` the programs whose instructions are wanted.',
      applies: 'restart-child',
      child: 'pipelines',
    }),
    accounts: field(keys(), {
      doc: 'Accounts by key; of transactions, further keys of which one has to be named.',
      applies: 'restart-child',
      child: 'pipelines',
    }),
    required: field(keys(), {
      doc: 'Keys that a transaction has to name, all of them.',
      applies: 'restart-child',
      child: 'pipelines',
    }),
    excluded: field(keys(), {
      doc: 'Keys that a transaction must not name.',
      applies: 'restart-child',
      child: 'pipelines',
    }),
    owners: field(keys(), {
      doc: 'Accounts by the program that owns them.',
      applies: 'restart-child',
      child: 'pipelines',
    }),
    memcmp: field(z.array(memcmpSection).max(4).prefault([]), {
      doc: 'What the data of an account has to hold.',
      applies: 'restart-child',
      child: 'pipelines',
    }),
    data_size: field(integer({ min: 0, max: 10_485_760 }).optional(), {
      doc: 'The exact length of the data of an account.',
      unit: 'bytes',
      applies: 'restart-child',
      child: 'pipelines',
    }),
    failed: field(flag().prefault(false), {
      doc: 'Failed transactions too.',
      applies: 'restart-child',
      child: 'pipelines',
    }),
    votes: field(flag().prefault(false), {
      doc: 'Votes too, which are most of all transactions.',
      applies: 'restart-child',
      child: 'pipelines',
    }),
  },
);
