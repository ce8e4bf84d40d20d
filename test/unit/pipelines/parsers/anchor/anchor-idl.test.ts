import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BorshCursor } from '../../../../../src/pipelines/borsh/borsh-cursor.ts';
import { readAnchorIdl } from '../../../../../src/pipelines/parsers/anchor/anchor-idl.ts';
import { IdlError } from '../../../../../src/pipelines/parsers/anchor/idl-node.ts';
import { loadIdl, parseIdl } from '../../../../../src/pipelines/parsers/anchor/load-idl.ts';
import { ParserError } from '../../../../../src/pipelines/parsers/errors.ts';
import { newIdl, oldIdl } from '../../support/anchor-idls.ts';

const withTypes = (...types: unknown[]) => ({ instructions: [], types });
const structOf = (name: string, ...fields: unknown[]) => ({
  name,
  type: { kind: 'struct', fields: fields.map((type, at) => ({ name: `f${at}`, type })) },
});
const eventOf = (type: unknown, ...types: unknown[]) => {
  const idl = readAnchorIdl({
    instructions: [],
    events: [{ name: 'E', fields: [{ name: 'f', type }] }],
    types,
  });
  return (bytes: Uint8Array) => (idl.events[0]!.type.read(new BorshCursor(bytes)) as { f: unknown }).f;
};

describe('the IDL of an Anchor program', () => {
  it('refuses at once generic types that are nested in each other without an end', () => {
    const both = [{ generic: 'A' }, { generic: 'B' }];
    const nested = { kind: 'type', type: { tuple: both } };
    const self = { option: { defined: { name: 'G', generics: [nested, nested] } } };
    const generics = ['A', 'B'].map(name => ({ kind: 'type', name }));
    const first = { defined: { name: 'G', generics: ['u8', 'u8'].map(type => ({ kind: 'type', type })) } };
    assert.throws(
      () => eventOf(first, { ...structOf('G', self), generics }),
      /nested in each other without an end/,
    );
  });

  it('names the place of what cannot be followed', () => {
    const cases: readonly [unknown, string, RegExp][] = [
      [[], '', /an object is wanted, not a list/],
      [{}, '', /neither `instructions` nor `events`/],
      [{ kind: 'rootNode', instructions: [] }, '', /Codama/],
      [{ instructions: {} }, 'instructions', /a list is wanted/],
      [{ instructions: [{}] }, 'instructions[0]', /`name` is missing/],
      [{ instructions: [{ name: '__proto__' }] }, 'instructions[0].name', /no name/],
      [
        { instructions: [{ name: 'a', args: [{ name: 'x', type: 'u65' }] }] },
        'instructions[0].args[0].type',
        /no type "u65"/,
      ],
      [
        { instructions: [{ name: 'a' }, { name: 'a' }] },
        'instructions[1]',
        /discriminator of instructions\[0\]/,
      ],
      [
        { instructions: [{ name: 'a', discriminator: [256] }] },
        'instructions[0].discriminator[0]',
        /0 to 255/,
      ],
      [{ address: 'no', instructions: [] }, 'address', /no address/],
      [{ events: [{ name: 'Gone' }] }, 'events[0].name', /no type "Gone"/],
      [
        withTypes(structOf('A', { defined: { name: 'B' } })),
        'types[0].type.fields[0].type.defined.name',
        /no type "B"/,
      ],
      [withTypes(structOf('A', { defined: 'A' })), 'types[0].type.fields[0].type.defined', /holds itself/],
      [
        withTypes(structOf('A', { array: ['u8', -1] })),
        'types[0].type.fields[0].type.array[1]',
        /whole number/,
      ],
      [
        withTypes(structOf('A', { array: ['u8', { generic: 'N' }] })),
        'types[0].type.fields[0].type.array[1].generic',
        /no generic/,
      ],
      [
        withTypes(structOf('A', { list: 'u8' })),
        'types[0].type.fields[0].type',
        /no type of the kind "list"/,
      ],
      [withTypes({ name: 'A', type: { kind: 'union' } }), 'types[0].type.kind', /struct, enum/],
      [withTypes(structOf('A'), structOf('A')), 'types[1].name', /already/],
    ];
    for (const [idl, path, message] of cases)
      assert.throws(
        () => readAnchorIdl(idl),
        (error: unknown) => {
          assert.ok(error instanceof IdlError);
          assert.equal(error.path, path);
          assert.match(error.message, message);
          return true;
        },
      );
  });

  it('turns mistakes in a file into one error that says what to do', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'idl-')), 'idl.json');
    assert.throws(() => loadIdl(file), { code: 'idl_unreadable' });
    writeFileSync(file, '{"instructions": [');
    assert.throws(() => loadIdl(file), { code: 'idl_invalid', message: /is not JSON: .*anchor idl fetch/s });
    writeFileSync(file, JSON.stringify({ instructions: [{}] }));
    assert.throws(() => loadIdl(file), {
      message: /idl\.json, at `instructions\[0\]`: `name` is missing\. Take it anew/,
    });
    writeFileSync(file, `\ufeff${JSON.stringify(newIdl)}`);
    assert.equal(loadIdl(file).name, 'market');
  });

  it('follows types that hold themselves behind a list, an option or an enum, down to a bound', () => {
    const read = eventOf({ defined: 'Tree' }, structOf('Tree', 'u8', { vec: { defined: 'Tree' } }));
    assert.deepEqual(read(Uint8Array.of(1, 1, 0, 0, 0, 2, 0, 0, 0, 0)), { f0: 1, f1: [{ f0: 2, f1: [] }] });
    const endless = eventOf({ defined: 'L' }, structOf('L', { option: { defined: 'L' } }));
    assert.throws(() => endless(new Uint8Array(1000).fill(1)), /nested deeper than 64/);
  });

  it('fills in generics, of types and of numbers', () => {
    const pair = {
      name: 'Pair',
      generics: [
        { kind: 'type', name: 'T' },
        { kind: 'const', name: 'N', type: 'usize' },
      ],
      type: {
        kind: 'struct',
        fields: [{ name: 'list', type: { array: [{ generic: 'T' }, { generic: 'N' }] } }],
      },
    };
    const of = (type: unknown, value: string) => ({
      defined: {
        name: 'Pair',
        generics: [
          { kind: 'type', type },
          { kind: 'const', value },
        ],
      },
    });
    assert.deepEqual(eventOf(of('u16', '2'), pair)(Uint8Array.of(1, 0, 2, 0)), { list: [1, 2] });
    assert.deepEqual(eventOf(of(of('bool', '1'), '2'), pair)(Uint8Array.of(1, 0)), {
      list: [{ list: [true] }, { list: [false] }],
    });
    const grows = {
      name: 'G',
      generics: [{ kind: 'type', name: 'T' }],
      type: {
        kind: 'struct',
        fields: [
          {
            name: 'x',
            type: {
              option: {
                defined: { name: 'G', generics: [{ kind: 'type', type: { vec: { generic: 'T' } } }] },
              },
            },
          },
        ],
      },
    };
    assert.throws(
      () => eventOf({ defined: { name: 'G', generics: [{ kind: 'type', type: 'u8' }] } }, grows),
      IdlError,
    );
  });

  it('takes discriminants of Shank and discriminators of any length', () => {
    const idl = readAnchorIdl({
      metadata: { origin: 'shank' },
      instructions: [
        { name: 'Create', discriminant: { type: 'u8', value: 3 } },
        { name: 'longer', discriminator: [1, 2, 3, 4, 5, 6, 7, 8, 9] },
      ],
      accounts: [{ name: 'Any', type: { kind: 'struct', fields: [] } }],
    });
    assert.deepEqual(
      idl.instructions.map(({ discriminator }) => discriminator.length),
      [1, 9],
    );
    assert.deepEqual(idl.accounts, []);
  });

  it('never fails otherwise than with its own errors, whatever is changed in an IDL', () => {
    const places = [newIdl, oldIdl].map(idl => JSON.stringify(idl));
    const spoiled = fc
      .tuple(
        fc.constantFrom(...places),
        fc.nat(),
        fc.constantFrom('null', '[]', '{}', '1', '"u8"', '-1', 'true', '"Book"'),
      )
      .map(([text, at, value]) => {
        const tokens = text.split(/(?<=[:,[])(?=["{[\dtf])/);
        tokens[at % tokens.length] =
          tokens[at % tokens.length]?.replace(/^("[^"]*"|\d+|true|false)(?!:)/, value) ?? value;
        return tokens.join('');
      });
    fc.assert(
      fc.property(fc.oneof(spoiled, fc.json(), fc.string()), text => {
        try {
          parseIdl(text, 'idl');
        } catch (error) {
          assert.ok(error instanceof ParserError, String(error));
        }
      }),
      { numRuns: 1000 },
    );
  });
});
