import { field, section } from '../../field.ts';
import { bytes } from '../../values/bytes.ts';
import { duration } from '../../values/duration.ts';
import { integer } from '../../values/number.ts';
import { text } from '../../values/text.ts';

/** `storage.resp`: the key-value store for Redis clients. */
export const respSection = section(
  'The key-value store for Redis clients (RESP2 and RESP3). Off unless `port` is set.',
  {
    host: field(
      text({ pattern: /^[A-Za-z0-9.:_-]{1,253}$/, expected: 'a host name or an IP address' }).prefault(
        '127.0.0.1',
      ),
      {
        doc: 'Address to listen on. Other than loopback only with a `password`.',
        applies: 'restart',
      },
    ),
    port: field(integer({ min: 0, max: 65_535 }).optional(), {
      doc: 'TCP port to listen on; 0 takes any free one. Redis itself uses 6379.',
      applies: 'restart',
      derivedDefault: 'off',
    }),
    password: field(
      text({
        pattern: /^[\x21-\x7e]{8,512}$/,
        expected: 'a password of 8 to 512 printable characters without spaces',
        hint: `take it from the environment: "\${TRUNKLINE_RESP_PASSWORD}"`,
      }).optional(),
      {
        doc: 'What clients give with AUTH or HELLO, as the user `default`.',
        applies: 'restart',
        secret: true,
      },
    ),
    max_connections: field(integer({ min: 1, max: 1_000_000 }).prefault(1000), {
      doc: 'Connections that are open at once, and a tenth of the file descriptors of the process at most; a further one is told so and closed.',
      unit: 'connections',
      applies: 'restart',
    }),
    max_bulk_length: field(bytes({ min: 1024, max: 512 * 2 ** 20 }).prefault('16MiB'), {
      doc: 'Longest single argument, such as a value; a longer one is a protocol error.',
      unit: 'bytes',
      applies: 'restart',
    }),
    max_arguments: field(integer({ min: 16, max: 1_048_576 }).prefault(65_536), {
      doc: 'Arguments that one command may have; more are a protocol error.',
      unit: 'arguments',
      applies: 'restart',
    }),
    max_inline_length: field(bytes({ min: 256, max: 2 ** 20 }).prefault('64KiB'), {
      doc: 'Longest command in one line, as typed into telnet.',
      unit: 'bytes',
      applies: 'restart',
    }),
    max_output_buffer: field(bytes({ min: 65_536, max: 2 ** 30 }).prefault('32MiB'), {
      doc: 'Bytes that may wait for a client that does not read before its connection is closed.',
      unit: 'bytes',
      applies: 'restart',
    }),
    max_total_output_buffer: field(bytes({ min: 2 ** 20, max: 2 ** 36 }).prefault('256MiB'), {
      doc: 'Bytes that may wait for all clients together; above it the connections are closed that most of them wait for.',
      unit: 'bytes',
      applies: 'restart',
    }),
    idle_timeout: field(duration({ min: 0, max: 86_400_000 }).prefault('0'), {
      doc: 'How long a connection may be silent before it is closed, subscribers excepted; 0 is for ever, as Redis does.',
      unit: 'duration',
      applies: 'restart',
    }),
  },
);
