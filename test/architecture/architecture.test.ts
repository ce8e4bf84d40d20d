import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { clockOwners, layers, maxLines, packageOwners, restrictedFolders } from './support/house-rules.ts';
import {
  clockViolations,
  danglingImports,
  importCycles,
  layerViolations,
  longFiles,
  packageViolations,
} from './support/rules.ts';
import { readSourceTree } from './support/source-tree.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('the house', () => {
  const files = readSourceTree(root, ['src', 'supervisors', 'clients/typescript/src']);

  it('is read at all', () => assert.ok(files.length > 20));
  it('imports downwards only', () => assert.deepEqual(layerViolations(files, layers, restrictedFolders), []));
  it('imports each package in the folder that owns it', () =>
    assert.deepEqual(packageViolations(files, packageOwners), []));
  it('leans on no file outside itself', () => assert.deepEqual(danglingImports(files), []));
  it('has no import cycles', () => assert.deepEqual(importCycles(files), []));
  it(`has no file of more than ${maxLines} lines`, () => assert.deepEqual(longFiles(files, maxLines), []));
  it('takes time and timers from the clock alone', () =>
    assert.deepEqual(clockViolations(files, clockOwners), []));
});
