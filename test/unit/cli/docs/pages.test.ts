import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { errorsPage } from '../../../../src/cli/docs/errors-page.ts';
import { staleFiles, writeGenerated } from '../../../../src/cli/docs/generated-files.ts';
import { metricsPage } from '../../../../src/cli/docs/metrics-page.ts';
import { sourceModules } from '../../../../src/cli/docs/source-modules.ts';
import { counterDefinition, histogramDefinition } from '../../../../src/telemetry/metrics.ts';

const rows = (page: string) => page.split('\n').filter(line => line.startsWith('| `'));

describe('errorsPage', () => {
  const gatewayErrors = {
    no_provider: { sentence: 'None | left.', retryable: true },
    lost: { sentence: 'Lost.', penalizesBreaker: true },
  };

  it('lists each code with what it means and how it is treated', () => {
    const page = errorsPage([
      {
        folder: 'gateway',
        exports: { gatewayErrors, jsonRpcCodes: { no_provider: -32603 }, GatewayError: class {}, limit: 1 },
      },
      { folder: 'config', exports: { configErrors: { config_syntax: { sentence: 'No YAML.' } } } },
    ]);
    assert.deepEqual(rows(page), [
      '| `no_provider` | None \\| left. | yes |  | -32603 |',
      '| `lost` | Lost. |  | yes |  |',
      '| `config_syntax` | No YAML. |  |  |',
    ]);
    assert.match(page, /^## gateway$[\s\S]*^## config$/m);
  });

  it('refuses a code that two catalogues define', () => {
    const module = { folder: 'gateway', exports: { gatewayErrors } };
    assert.throws(() => errorsPage([module, { ...module, folder: 'config' }]), /gateway and config both/);
  });
});

describe('metricsPage', () => {
  const calls = counterDefinition({ name: 'trunkline_calls_total', help: 'Calls.', labels: ['a', 'b'] });
  const time = histogramDefinition({ name: 'trunkline_call_seconds', help: 'Time.', buckets: [0.1, 1] });

  it('lists each metric with its labels, buckets and meaning', () => {
    const page = metricsPage([
      { folder: 'gateway', exports: { gatewayMetrics: { calls }, durationBuckets: [1], f: () => 1 } },
      { folder: 'gateway', exports: { time } },
    ]);
    assert.deepEqual(rows(page), [
      '| `trunkline_calls_total` | counter | `a`, `b` | Calls. |',
      '| `trunkline_call_seconds` | histogram |  | Time. Buckets: 0.1, 1. |',
    ]);
    assert.equal(page.match(/^## gateway$/gm)?.length, 1);
  });

  it('refuses two definitions of one name', () => {
    const module = { folder: 'gateway', exports: { calls } };
    assert.throws(() => metricsPage([module, module]), /two definitions/);
  });
});

describe('generated files', () => {
  it('are written where they differ, and named when they are stale', async t => {
    const root = mkdtempSync(join(tmpdir(), 'trunkline-docs-'));
    t.after(() => rmSync(root, { recursive: true }));
    const files = [
      { path: 'a.md', generate: () => 'a' },
      { path: 'b.md', generate: () => Promise.resolve('b') },
    ];
    assert.deepEqual(await staleFiles(root, files), ['a.md', 'b.md']);
    assert.deepEqual(await writeGenerated(root, files), ['a.md', 'b.md']);
    assert.deepEqual(await staleFiles(root, files), []);
    writeFileSync(join(root, 'b.md'), 'edited');
    assert.deepEqual(await staleFiles(root, files), ['b.md']);
    assert.equal(readFileSync(join(root, 'b.md'), 'utf8'), 'edited');
    assert.deepEqual(await writeGenerated(root, files), ['b.md']);
  });

  it('say which of them cannot be made', async () => {
    const fail = () => {
      throw new Error('two definitions');
    };
    await assert.rejects(
      staleFiles('.', [{ path: 'a.md', generate: fail }]),
      /^Error: a\.md: two definitions$/,
    );
  });

  it('come from the modules that have the right name, in any depth', async t => {
    const src = mkdtempSync(join(tmpdir(), 'trunkline-src-'));
    t.after(() => rmSync(src, { recursive: true }));
    mkdirSync(join(src, 'gateway/http'), { recursive: true });
    writeFileSync(join(src, 'gateway/http/errors.ts'), 'export const deep: number = 1;');
    writeFileSync(join(src, 'gateway/other.ts'), 'throw new Error("not to be imported");');
    const [module, ...more] = await sourceModules(src, /^errors\.ts$/);
    assert.equal(module?.folder, 'gateway');
    assert.equal(module?.exports.deep, 1);
    assert.deepEqual(more, []);
  });
});
