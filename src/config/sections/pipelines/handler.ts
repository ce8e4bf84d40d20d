import { z } from 'zod';
import { field, section } from '../../field.ts';
import { choice } from '../../values/choice.ts';
import { duration } from '../../values/duration.ts';
import { flag } from '../../values/flag.ts';
import { number } from '../../values/number.ts';
import { scalar } from '../../values/scalar.ts';
import { template } from '../../values/template.ts';
import { text } from '../../values/text.ts';
import { url } from '../../values/url.ts';

/** What the key of a record may be made of. */
export const storageKeyNames = [
  'chain',
  'pipeline',
  'slot',
  'signature',
  'path',
  'name',
  'pubkey',
  'key',
] as const;

const whenSection = section(
  'Which values a handler takes, in the mode `conditional`. All that is given has to hold.',
  {
    path: field(
      text({ pattern: /^[\w-]+(\.[\w-]+)*$/, expected: 'keys with dots between, as data.amount' }),
      {
        doc: 'Where in the value to look.',
        applies: 'restart-child',
        child: 'pipelines',
      },
    ),
    equals: field(scalar().optional(), {
      doc: 'What has to stand there.',
      applies: 'restart-child',
      child: 'pipelines',
    }),
    exists: field(flag().optional(), {
      doc: 'Whether anything has to stand there.',
      applies: 'restart-child',
      child: 'pipelines',
    }),
    above: field(number({ min: -Number.MAX_VALUE, max: Number.MAX_VALUE }).optional(), {
      doc: 'The number there has to be greater.',
      applies: 'restart-child',
      child: 'pipelines',
    }),
    below: field(number({ min: -Number.MAX_VALUE, max: Number.MAX_VALUE }).optional(), {
      doc: 'The number there has to be smaller.',
      applies: 'restart-child',
      child: 'pipelines',
    }),
  },
);

/** One entry of `pipelines.<name>.handlers`. */
export const handlerSection = section('What is done with a value.', {
  type: field(choice(['feed', 'storage', 'log', 'webhook', 'module']), {
    doc: '`feed`: an event of the feed; `storage`: a record in the key-value store; `log`: a line of the log; `webhook`: a POST; `module`: code of your own.',
    applies: 'restart-child',
    child: 'pipelines',
  }),
  key: field(template({ names: storageKeyNames, maxLength: 512 }).prefault('{chain}:{key}'), {
    doc: 'Of `storage`: the key, made of {chain}, {pipeline}, {slot}, {signature}, {path}, {name}, {pubkey} and {key}. {key} is unique; with {pubkey}, that of an account, each write replaces the one before.',
    applies: 'restart-child',
    child: 'pipelines',
  }),
  ttl: field(duration({ min: 1_000, max: 10 * 365 * 86_400_000 }).optional(), {
    doc: 'Of `storage`: how long the record is kept.',
    unit: 'duration',
    applies: 'restart-child',
    child: 'pipelines',
    derivedDefault: 'for good',
  }),
  level: field(choice(['error', 'warn', 'info', 'debug']).prefault('info'), {
    doc: 'Of `log`: the level.',
    applies: 'restart-child',
    child: 'pipelines',
  }),
  url: field(url('http').optional(), {
    doc: 'Of `webhook`: where to.',
    applies: 'restart-child',
    child: 'pipelines',
    secret: true,
  }),
  headers: field(
    z
      .record(z.string().regex(/^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/i), text({ expected: 'a header value' }))
      .prefault({}),
    {
      doc: 'Of `webhook`: headers.',
      applies: 'restart-child',
      child: 'pipelines',
      secret: true,
    },
  ),
  path: field(text({ pattern: /\S/, expected: 'the path of a file' }).optional(), {
    doc: 'Of `module`: the ES module. A relative path starts at the file of this config.',
    applies: 'restart-child',
    child: 'pipelines',
  }),
  export: field(
    text({ pattern: /^[A-Za-z_$][\w$]*$/, expected: 'the name of an export' }).prefault('default'),
    {
      doc: 'Of `module`: which of its exports.',
      applies: 'restart-child',
      child: 'pipelines',
    },
  ),
  timeout: field(duration({ min: 10, max: 3_600_000 }).prefault('10s'), {
    doc: 'How long it may take with a value, or with a batch; then it is tried again. `feed` waits as long as the feed needs.',
    unit: 'duration',
    applies: 'restart-child',
    child: 'pipelines',
  }),
  when: field(whenSection.optional(), {
    doc: 'Which values it takes; needs `mode: conditional`.',
    applies: 'restart-child',
    child: 'pipelines',
  }),
});

export type HandlerConfig = z.output<typeof handlerSection>;
