import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { createParser } from '../../../../src/pipelines/parsers/create-parser.ts';
import { parserTypes } from '../../../../src/pipelines/parsers/parser-options.ts';
import { newIdl, oldIdl } from '../support/anchor-idls.ts';
import { transactionOf } from '../support/transactions.ts';

const folder = mkdtempSync(join(tmpdir(), 'parsers-'));
const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const idl = write('idl.json', JSON.stringify(newIdl));
const program = newIdl.address;

describe('a parser by its options', () => {
  it('exists for every type', () => {
    const path = write('own.mjs', 'export default { id: "own", parse: () => ({ kind: "filtered" }) };');
    for (const type of parserTypes) {
      const parser = createParser({ type, ...(type === 'anchor' ? { idl } : {}), program, path });
      assert.equal(
        parser.parse({ ...transactionOf([]), instructions: [] }).kind,
        type === 'raw' ? 'parsed' : 'filtered',
      );
    }
  });

  it('says what its options lack', () => {
    const cases: readonly [object, RegExp][] = [
      [{ type: 'anchor' }, /needs `idl`/],
      [{ type: 'session_events' }, /needs `program`/],
      [{ type: 'session_events', program: 'x0' }, /no address/],
      [{ type: 'module' }, /needs `path`/],
      [{ type: 'borsh' }, /there is no parser "borsh"; there are raw, system/],
      [
        { type: 'anchor', idl: write('no-address.json', JSON.stringify({ ...oldIdl, metadata: {} })) },
        /has no address; set `program`/,
      ],
    ];
    for (const [options, message] of cases)
      assert.throws(() => createParser(options as never), { code: 'parser_invalid', message });
  });

  it('is loaded from a module, as it is or made by a function', () => {
    const body = '{ id: "own", parse: input => ({ kind: "parsed", values: [input.kind] }) }';
    const modules = [
      { path: write('a.mjs', `export default ${body};`) },
      { path: write('b.mjs', `export const make = () => (${body});`), export: 'make' },
      { path: write('c.cjs', `module.exports = ${body};`) },
      { path: write('d.ts', `const parser: { id: string } = ${body};\nexport default parser;`) },
    ];
    for (const options of modules)
      assert.deepEqual(createParser({ type: 'module', ...options }).parse(transactionOf([])), {
        kind: 'parsed',
        values: ['transaction'],
      });
    const bad: readonly [object, RegExp][] = [
      [{ path: join(folder, 'none.mjs') }, /cannot be loaded/],
      [{ path: write('e.mjs', 'throw new Error("at once")') }, /cannot be loaded: at once/],
      [{ path: write('f.mjs', 'export default { id: 1 }') }, /exports no parser as `default`/],
      [
        { path: write('g.mjs', 'export const make = () => { throw new Error("in it") }'), export: 'make' },
        /`make` of .* failed: in it/,
      ],
      [
        { path: write('h.mjs', 'export const make = async () => { throw new Error("x") }'), export: 'make' },
        /`make` of .* is a promise, or returns one: a parser has to be made at once/,
      ],
      [
        { path: write('i.mjs', 'throw Object.create(null)') },
        /cannot be loaded: what was thrown has no form/,
      ],
    ];
    for (const [options, message] of bad)
      assert.throws(() => createParser({ type: 'module', ...options }), { code: 'parser_module', message });
  });

  it('works in a thread, and what it makes can be sent from there', async () => {
    const create = new URL('../../../../src/pipelines/parsers/create-parser.ts', import.meta.url);
    const worker = new Worker(
      `import { parentPort, workerData } from 'node:worker_threads';
       const { createParser } = await import(${JSON.stringify(create.href)});
       parentPort.postMessage(createParser(workerData.options).parse(workerData.input));`,
      {
        eval: true,
        execArgv: ['--input-type=module'],
        workerData: {
          options: { type: 'system' },
          input: transactionOf([
            { program: new Uint8Array(32), data: Buffer.from([2, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0]) },
          ]),
        },
      },
    );
    const outcome = await new Promise((resolve, reject) =>
      worker.once('message', resolve).once('error', reject),
    );
    await worker.terminate();
    assert.deepEqual((outcome as { values: { args: unknown }[] }).values[0]?.args, { lamports: 9n });
  });
});
