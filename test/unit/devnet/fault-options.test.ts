import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FaultKind, faultKinds } from '../../../src/devnet/fault-kinds.ts';
import { parseFaultKind, parseFaultOptions } from '../../../src/devnet/fault-options.ts';

test('knows every kind of the table and no inherited name', () => {
  for (const kind of Object.keys(faultKinds)) assert.equal(parseFaultKind(kind), kind);
  assert.throws(() => parseFaultKind('toString'), { code: 'devnet_fault_unknown' });
});

test('lists the kinds when there is none of that name', () => {
  assert.throws(() => parseFaultKind('explode'), {
    code: 'devnet_fault_unknown',
    message: /"explode"; there are: kill, hang, reset, .*echo-url/,
  });
});

test('every kind has a sentence, and options with a sentence and a valid default', () => {
  for (const [kind, { doc, options }] of Object.entries(faultKinds)) {
    assert.match(doc, /^[A-Z].*\.$/, kind);
    for (const [name, option] of Object.entries(options))
      assert.match(option.doc, /^[A-Z].*\.$/, `${kind}.${name}`);
    const defaults = Object.fromEntries(
      Object.entries(options).map(([name, option]) => [name, option.default]),
    );
    assert.deepEqual(
      parseFaultOptions(kind as FaultKind, defaults),
      parseFaultOptions(kind as FaultKind, {}),
    );
  }
});

test('fills in defaults and reads numbers and flags from text, as a command line gives them', () => {
  assert.deepEqual(parseFaultOptions('lag', { blocks: '3' }), { transport: 'any', blocks: 3 });
  assert.deepEqual(parseFaultOptions('drop-ws', { once: 'true' }), { once: true });
  assert.equal(parseFaultOptions('error', { message: 'no' }).message, 'no');
});

for (const [kind, options, message] of [
  ['lag', { blocks: '0' }, /"blocks" of the fault "lag" is a whole number from 1 to/],
  ['lag', { blocks: 'ten' }, /not "ten"/],
  ['lag', { blocks: '' }, /whole number/],
  ['lag', { blocks: 1.5 }, /whole number/],
  ['error', { status: 200 }, /from 400 to 599/],
  ['error', { style: 'loud' }, /one of http, rpc, not "loud"/],
  ['drop-ws', { once: 'yes' }, /true or false/],
  ['lag', { block: 3 }, /has no option "block"; it has: transport, blocks/],
  ['kill', { ms: 3 }, /has no option "ms"; it has none/],
] as const) {
  test(`refuses ${kind} with ${JSON.stringify(options)}`, () => {
    assert.throws(() => parseFaultOptions(kind, options), { code: 'devnet_fault_option_invalid', message });
  });
}
