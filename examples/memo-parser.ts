// A parser of your own: parser: { type: module, path: memo-parser.ts }
import type { Parser } from '../src/pipelines/pipeline.ts';

interface Memo {
  readonly name: 'memo';
  readonly text: string;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

const memoParser: Parser<Memo> = {
  id: 'memo',
  parse(input) {
    if (input.kind !== 'instruction') return { kind: 'filtered' };
    // Bytes that are no text throw: a parse error, which is counted and stops nothing.
    return { kind: 'parsed', values: [{ name: 'memo', text: utf8.decode(input.data) }] };
  },
};

export default memoParser;
