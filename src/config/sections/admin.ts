import { field, section } from '../field.ts';
import { text } from '../values/text.ts';

/** `admin`: who may use the admin API. */
export const adminSection = section('Who may use the admin API.', {
  token: field(
    text({
      pattern: /^[\x21-\x7e]{8,256}$/,
      expected: 'a token of 8 to 256 printable characters without spaces',
      hint: `take it from the environment: "\${TRUNKLINE_ADMIN_TOKEN}"`,
    }).optional(),
    {
      doc: 'The token that requests to the admin API carry as `Authorization: Bearer <token>`. Without one, every start makes a new one, in a file that only the same user can read and where the command line finds it.',
      applies: 'restart',
      secret: true,
    },
  ),
});
