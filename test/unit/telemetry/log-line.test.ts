import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { type LogEntry, prettyLine } from '../../../src/telemetry/log-line.ts';
import { Redactor } from '../../../src/telemetry/redactor.ts';

function entry(fields: Record<string, unknown>, stacks = false): LogEntry {
  const time = new Date(2026, 0, 2, 3, 4, 5, 6).getTime();
  return { time, level: 'info', message: 'up', fields: new Redactor().redactFields(fields, { stacks }) };
}

describe('prettyLine', () => {
  it('has local time, level, message and fields', () => {
    assert.equal(
      prettyLine(entry({ chain: 'base', reason: 'went away', n: 1, list: ['a', { b: 1 }] }), false),
      '03:04:05.006 INFO  up  chain=base  reason="went away"  n=1  list=["a",{"b":1}]',
    );
  });

  it('colours only when asked to', () => {
    const coloured = prettyLine(entry({ a: 1 }), true);
    assert.notEqual(coloured, prettyLine(entry({ a: 1 }), false));
    assert.equal(stripVTControlCharacters(coloured), prettyLine(entry({ a: 1 }), false));
  });

  it('shows an error as code, message and causes on the line', () => {
    const cause = Object.assign(new TypeError('refused'), { code: 'ECONNREFUSED' });
    const error = Object.assign(new Error('no answer', { cause }), { code: 'upstream_unreachable' });
    assert.match(
      prettyLine(entry({ error }), false),
      / {2}error="upstream_unreachable: no answer ← TypeError ECONNREFUSED: refused"$/,
    );
  });

  it('puts stacks below the line, indented', () => {
    const lines = prettyLine(entry({ error: new Error('x', { cause: new Error('y') }) }, true), false).split(
      '\n',
    );
    assert.ok(lines.length > 3);
    assert.ok(lines.slice(1).every(line => line.startsWith('    ')));
    assert.equal(lines.filter(line => /^ {4}Error: [xy]$/.test(line)).length, 2);
  });
});
