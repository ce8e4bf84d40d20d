import type { Parser } from '../../../../src/pipelines/pipeline.ts';
import { byteParser } from './pipeline-bench.ts';

/** What a thread makes its parser of: values times `factor`; 252 never ends, 251 ends the thread, 250 is a promise, 249 nothing to be sent. */
export function createParser({ factor }: { readonly factor: number }): Parser<number> {
  return {
    id: 'threaded',
    parse(input) {
      const outcome = byteParser.parse(input);
      if (outcome.kind !== 'parsed') return outcome;
      const [value] = outcome.values as readonly [number];
      while (value === 252);
      if (value === 251) process.exit(1);
      if (value === 250) return Promise.reject(new Error('nobody takes this')) as never;
      if (value === 249) return { kind: 'parsed', values: [(() => 0) as never] };
      if (value === 248) return { kind: 'parsed', values: [value], problems: ['one', 'another'] };
      return { kind: 'parsed', values: [value * factor] };
    },
  };
}
