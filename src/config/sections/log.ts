import { field, section } from '../field.ts';
import { choice } from '../values/choice.ts';

/** `log`: what is written, and how. */
export const logSection = section('What is logged, and how.', {
  level: field(choice(['error', 'warn', 'info', 'debug']).prefault('info'), {
    doc: 'The least important lines that are written.',
    applies: 'live',
  }),
  format: field(choice(['auto', 'pretty', 'json']).prefault('auto'), {
    doc: 'For people or for machines; `auto` is pretty on a terminal and JSON otherwise.',
    applies: 'restart',
  }),
});
