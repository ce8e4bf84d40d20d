import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { canonicalJson } from '../../../../src/protocol/json-rpc/canonical-json.ts';
import { scanFrame } from '../../../../src/protocol/json-rpc/scan-notification.ts';
import { scanRequest } from '../../../../src/protocol/json-rpc/scan-request.ts';
import { scanBatchResponse, scanResponse } from '../../../../src/protocol/json-rpc/scan-response.ts';

const SIZE = 256 * 1024;
/** Some fifty times what the slowest of these takes, so that only work that grows faster than its input fails. */
const MOST_MS = 50;

const hostile: [string, string][] = [
  ['arrays in arrays', '['.repeat(SIZE)],
  ['objects in objects', '{"a":'.repeat(SIZE / 5)],
  ['deep nesting, closed, many times', `[${`${'['.repeat(60)}${']'.repeat(60)},`.repeat(SIZE / 121)}1]`],
  ['a large value at the bottom of nesting', `${'[{"a":'.repeat(30)}"${'x'.repeat(SIZE)}"${'}]'.repeat(30)}`],
  ['escapes only', `"${'\\"'.repeat(SIZE / 2)}"`],
  ['unicode escapes only', `"${'\\u0061'.repeat(SIZE / 6)}"`],
  ['a string without an end', `"${'a'.repeat(SIZE)}`],
  ['strings without an end, again and again', '"\\'.repeat(SIZE / 2)],
  ['a number without an end', '1'.repeat(SIZE)],
  ['white space only', ' '.repeat(SIZE)],
  ['white space between everything', `[${'1                , '.repeat(SIZE / 20)}1]`],
  ['many members', `{${'"a":1,'.repeat(SIZE / 6)}"b":1}`],
  ['many members of one name', `{${'"id":1,'.repeat(SIZE / 7)}"id":1}`],
  ['a name without an end', `{"${'a'.repeat(SIZE)}`],
  ['many almost-envelope names', `{${'"\\u006dETHOD":1,'.repeat(SIZE / 16)}"b":1}`],
  ['many empty objects', `[${'{},'.repeat(SIZE / 3)}{}]`],
  [
    'many short methods that are not the same',
    `[${Array.from({ length: SIZE / 64 }, (_, index) => `{"jsonrpc":"2.0","id":1,"method":"m${index}"}`).join(',')}]`,
  ],
];

const parsers: [string, (source: Buffer) => unknown][] = [
  ['scanRequest', source => scanRequest(source, { maxDepth: 64, maxBatch: SIZE })],
  ['scanResponse', source => scanResponse(source)],
  ['scanBatchResponse', source => scanBatchResponse(source)],
  ['scanFrame', source => scanFrame(source)],
  ['canonicalJson', source => canonicalJson(source)],
];

describe('parsers of JSON-RPC', () => {
  for (const [name, parse] of parsers) {
    for (const [what, text] of hostile) {
      it(`${name} takes time in proportion to ${what}`, () => {
        const bare = Buffer.from(text);
        const inside = Buffer.from(
          `{"jsonrpc":"2.0","id":1,"method":"m","params":[${text}],"result":${text}}`,
        );
        for (const source of [bare, inside]) {
          let best = Number.POSITIVE_INFINITY;
          for (let turn = 0; turn < 3 && best > MOST_MS; turn++) {
            // Time on the processor: what else the machine does must not count.
            const start = process.threadCpuUsage();
            parse(source);
            const { user, system } = process.threadCpuUsage(start);
            best = Math.min(best, (user + system) / 1_000);
          }
          assert.ok(best <= MOST_MS, `${best.toFixed(1)} ms for ${source.length} bytes`);
        }
      });
    }
  }
});
