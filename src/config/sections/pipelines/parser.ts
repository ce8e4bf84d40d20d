import { field, section } from '../../field.ts';
import { choice } from '../../values/choice.ts';
import { pubkey } from '../../values/pubkey.ts';
import { text } from '../../values/text.ts';

const file = () => text({ pattern: /\S/, expected: 'the path of a file' });

/** `pipelines.<name>.parser` */
export const parserSection = section('What a pipeline makes of an update.', {
  type: field(
    choice([
      'raw',
      'system',
      'spl_token',
      'token_2022',
      'compute_budget',
      'anchor',
      'session_events',
      'module',
    ]).prefault('raw'),
    {
      doc: '`raw`: the update as JSON; `system`, `spl_token`, `token_2022`, `compute_budget`: instructions and accounts of these programs; `anchor`: events, instructions and accounts of a program by its IDL; `session_events`: the events of the session program; `module`: code of your own.',
      applies: 'restart-child',
      child: 'pipelines',
    },
  ),
  idl: field(file().optional(), {
    doc: 'Of `anchor`: the file of the IDL. A relative path starts at the file of this config.',
    applies: 'restart-child',
    child: 'pipelines',
  }),
  program: field(pubkey().optional(), {
    doc: 'The program, where the IDL does not name it or another one runs the same code.',
    applies: 'restart-child',
    child: 'pipelines',
  }),
  path: field(file().optional(), {
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
});
