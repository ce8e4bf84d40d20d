import { value } from './value.ts';

const schemes = { http: ['http:', 'https:'], websocket: ['ws:', 'wss:'] } as const;

/** A provider's address: `http(s)://` or `ws(s)://`, without a fragment. The error never repeats the address, which holds a key. */
export function url(transport: keyof typeof schemes) {
  const [plain, secure] = schemes[transport];
  const other = transport === 'http' ? 'websocket' : 'http';
  const expected = `a URL that starts with ${secure}// or ${plain}//`;
  return value<string, string>(
    { type: 'URL', json: { type: 'string', pattern: `^(${plain}//|${secure}//|\\$\\{)` } },
    input => {
      if (typeof input !== 'string') return { expected };
      // The URL parser drops tabs and newlines silently: a key with one would point somewhere else.
      if (/\s/.test(input))
        return {
          expected: `${expected} and has no white space`,
          hint: 'check the value of its environment variables for a stray space or line end',
        };
      if (!URL.canParse(input)) return { expected };
      const parsed = new URL(input);
      if (schemes[other].some(scheme => scheme === parsed.protocol)) {
        return {
          expected,
          hint:
            transport === 'http'
              ? 'this is a WebSocket URL: move it to `ws_url`'
              : 'this is an HTTP URL: move it to `url`',
        };
      }
      if (parsed.protocol !== plain && parsed.protocol !== secure) return { expected };
      if (parsed.hash !== '') return { expected: `${expected} and has no #fragment` };
      return { value: input };
    },
  );
}
