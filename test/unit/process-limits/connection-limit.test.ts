import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connectionLimit, descriptorShares } from '../../../src/process-limits/connection-limit.ts';

const limits = (soft: string) =>
  `Limit                     Soft Limit           Hard Limit           Units\nMax open files            ${soft.padEnd(20)} 1048576              files\n`;

describe('connectionLimit', () => {
  it('gives a listener its share of the file descriptors', () => {
    assert.equal(connectionLimit(10_000, 0.6, limits('1000')), 600);
  });

  it('takes what is configured when the descriptors allow more', () => {
    assert.equal(connectionLimit(500, 0.6, limits('1048576')), 500);
  });

  it('lets some clients in however few descriptors there are', () => {
    assert.equal(connectionLimit(10_000, 0.6, limits('10')), 16);
  });

  it('takes what is configured where there is no limit or none can be read', () => {
    assert.equal(connectionLimit(10_000, 0.6, limits('unlimited')), 10_000);
    assert.equal(connectionLimit(10_000, 0.6, 'nothing of the kind'), 10_000);
  });

  it('leaves a quarter or more of the descriptors when all listeners are full', () => {
    const shares = Object.values(descriptorShares).reduce((sum, share) => sum + share, 0);
    assert.ok(shares <= 0.75, String(shares));
  });
});
