import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { countDiagnostics, formatDiagnostics } from '../../../src/config/format-diagnostics.ts';
import { onlyError, reject, smallest } from './sample-config.ts';

describe('formatDiagnostics', () => {
  it('shows what is wrong, where, the line with a marker, and what to do', () => {
    const error = onlyError(`server:\n  prot: 4000\n${smallest}`);
    assert.equal(
      formatDiagnostics([error]).replace(/known here:.*/, '…'),
      [
        'error[config_unknown_key]: unknown key `prot` in `server`',
        ' --> chains.yaml:2:3',
        '  |',
        '2 |   prot: 4000',
        '  |   ^^^^',
        '  = help: did you mean "port"?',
      ].join('\n'),
    );
  });

  it('shows a finding about the whole file without a line', () => {
    assert.equal(
      formatDiagnostics([onlyError('')])
        .split('\n')
        .slice(0, 2)
        .join('\n'),
      'error[config_missing_key]: the file is empty\n --> chains.yaml',
    );
  });

  it('adds nothing but colour when it is coloured', () => {
    const { diagnostics } = reject('server: { port: x }');
    const coloured = formatDiagnostics(diagnostics, { colour: true });
    assert.notEqual(coloured, formatDiagnostics(diagnostics));
    assert.equal(stripVTControlCharacters(coloured), formatDiagnostics(diagnostics));
  });

  it('shows the part of a long line that matters, the marker below it', () => {
    const error = onlyError(
      `server: { allowed_hosts: [${'"h.example", '.repeat(100)} "no host"] }\n${smallest}`,
    );
    const [, , , excerpt = '', marker = ''] = formatDiagnostics([error]).split('\n');
    assert.ok(excerpt.length < 200);
    assert.equal(excerpt.slice(marker.indexOf('^'), marker.lastIndexOf('^') + 1), '"no host"');
  });

  it('marks the right column after wide characters and tabs', () => {
    const error = onlyError(`server: { host: "日本 語" }\n${smallest}`);
    const [, , , excerpt = '', marker = ''] = formatDiagnostics([error]).split('\n');
    assert.ok(excerpt.includes('"日本 語"'));
    assert.equal(marker.trimEnd(), `  | ${' '.repeat(16)}${'^'.repeat(9)}`);
  });

  it('lets no control character of the file through to the terminal', () => {
    const { diagnostics } = reject('"\\e[31m": 1\nserver: { host: "\u001b[2J\u009b\u202e" }\n');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    assert.doesNotMatch(formatDiagnostics(diagnostics), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });
});

describe('countDiagnostics', () => {
  it('counts errors and warnings in words', () => {
    const error = onlyError('');
    const warning = { ...error, severity: 'warning' as const };
    assert.equal(countDiagnostics([error, error, warning]), '2 errors, 1 warning');
    assert.equal(countDiagnostics([]), '');
  });
});
