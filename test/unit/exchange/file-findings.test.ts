import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseConfig } from '../../../src/config/parse-config.ts';
import { fileFindings } from '../../../src/exchange/file-findings.ts';

const token = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
const common = `chain: sol, source: logs, kind: instruction, filter: { programs: [${token}] }`;

describe('fileFindings', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'trunkline-files-'));
    writeFileSync(join(folder, 'there.ts'), 'throw new Error("it is not to be run")');
    writeFileSync(join(folder, 'bad.json'), '{}');
    writeFileSync(join(folder, 'key.json'), '[1,2]', { mode: 0o600 });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const found = async (chain: string, pipelines: readonly string[]) => {
    const loaded = parseConfig(
      [
        `storage: { directory: "${folder}/data" }`,
        `chains: { sol: { family: solana, ${chain} } }`,
        `sessions: { chain: sol, source: logs, program: ${token}, keypair: "${folder}/key.json" }`,
        'pipelines:',
        ...pipelines.map((rest, n) => `  p${n}: { ${common}, ${rest} }`),
      ].join('\n'),
      'test.yaml',
      {},
    );
    assert.ok(loaded.ok, JSON.stringify(loaded));
    return (await fileFindings(loaded.config, folder)).map(({ path, message }) => [path.join('.'), message]);
  };
  const provided = 'genesis_hash: mainnet-beta, providers: [{ id: a, url: "http://127.0.0.1:1" }]';

  it('names each file that is missing or is not what it has to be, with its place', async () => {
    const all = await found(provided, [
      'parser: { type: anchor, idl: bad.json }, handlers: [{ type: log }, { type: module, path: none.ts }]',
      'parser: { type: module, path: gone.ts }, handlers: [{ type: log }]',
    ]);
    assert.deepEqual(
      all.map(([path]) => path),
      [
        'pipelines.p0.parser.idl',
        'pipelines.p0.handlers.1.path',
        'pipelines.p1.parser.path',
        'sessions.keypair',
      ],
    );
    assert.match(all[0]![1]!, /neither `instructions` nor `events`/);
    assert.match(all[1]![1]!, /there is no file .*none\.ts/);
    assert.match(all[3]![1]!, /does not hold 64 bytes/);
  });

  it('runs no module, and leaves out what is disabled and the key that an embedded chain makes', async () => {
    const all = await found('devnet: { engine: litesvm }', [
      'parser: { type: module, path: there.ts }, handlers: [{ type: module, path: there.ts }]',
      'enabled: false, parser: { type: anchor, idl: none.json }, handlers: [{ type: log }]',
    ]);
    assert.deepEqual(all, []);
  });
});
