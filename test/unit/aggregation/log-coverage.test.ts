import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogCoverage } from '../../../src/aggregation/log-coverage.ts';

test('nothing is missing while one subscription lives', () => {
  const coverage = new LogCoverage(5);
  coverage.began('a', 100);
  coverage.began('b', 101);
  coverage.ended('b', 200);
  assert.equal(coverage.missing(), undefined);
});

test('what lies between the end of the last subscription and the next one is missing, with a reserve', () => {
  const coverage = new LogCoverage(5);
  coverage.began('a', 100);
  coverage.ended('a', 150);
  assert.equal(coverage.missing(), undefined);
  coverage.began('b', 152);
  assert.deepEqual(coverage.missing(), { from: 146, to: 152 });
  coverage.filled(152);
  assert.equal(coverage.missing(), undefined);
});

test('the blocks before the stream began are not missing', () => {
  const coverage = new LogCoverage(64);
  coverage.began('a', 100);
  coverage.ended('a', 101);
  coverage.began('b', 103);
  assert.deepEqual(coverage.missing(), { from: 101, to: 103 });
});

test('a replacement that is behind covers everything by itself', () => {
  const coverage = new LogCoverage(5);
  coverage.began('a', 100);
  coverage.ended('a', 150);
  coverage.began('b', 140);
  assert.equal(coverage.missing(), undefined);
});

test('a lagging provider that dies leaves a hole although a fresher one lives', () => {
  const coverage = new LogCoverage(0);
  coverage.began('slow', 100);
  coverage.began('fresh', 160);
  assert.equal(coverage.missing(), undefined);
  coverage.ended('slow', 150);
  assert.deepEqual(coverage.missing(), { from: 151, to: 160 });
});

test('the end of a provider that had a hole itself makes nothing whole', () => {
  const coverage = new LogCoverage(0);
  coverage.began('slow', 100);
  coverage.began('fresh', 160);
  coverage.ended('fresh', 170);
  coverage.ended('slow', 150);
  coverage.began('next', 175);
  assert.deepEqual(coverage.missing(), { from: 151, to: 175 });
});

test('without any known head nothing can be said to be missing', () => {
  const coverage = new LogCoverage(5);
  coverage.began('a', undefined);
  coverage.ended('a', undefined);
  coverage.began('b', undefined);
  assert.equal(coverage.missing(), undefined);
  coverage.began('c', 100);
  assert.equal(coverage.missing(), undefined);
});

test('what remains is seamed when it began just before the end of what was whole', () => {
  const coverage = new LogCoverage(0);
  coverage.began('a', 100);
  assert.equal(coverage.isSeamed, true);
  coverage.began('b', 120);
  coverage.ended('a', 121);
  assert.deepEqual([coverage.missing(), coverage.isSeamed], [undefined, true]);
  coverage.began('c', 121);
  coverage.ended('b', 130);
  assert.deepEqual([coverage.missing(), coverage.isSeamed], [undefined, false]);
});
