import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connectionLimit } from '../../../../src/gateway/http/connection-limit.ts';

const limits = (soft: string) =>
  `Limit                     Soft Limit           Hard Limit           Units\nMax open files            ${soft.padEnd(20)} 1048576              files\n`;

describe('connectionLimit', () => {
  it('leaves 40 % of the file descriptors for everything but clients', () => {
    assert.equal(connectionLimit(10_000, limits('1000')), 600);
  });

  it('takes what is configured when the descriptors allow more', () => {
    assert.equal(connectionLimit(500, limits('1048576')), 500);
  });

  it('lets some clients in however few descriptors there are', () => {
    assert.equal(connectionLimit(10_000, limits('10')), 16);
  });

  it('takes what is configured where there is no limit or none can be read', () => {
    assert.equal(connectionLimit(10_000, limits('unlimited')), 10_000);
    assert.equal(connectionLimit(10_000, 'nothing of the kind'), 10_000);
  });
});
