import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { type Entry, StoreCommands, type Words } from '../../../support/store-commands.ts';

const notInteger = '-ERR value is not an integer or out of range';
const aborted = '-EXECABORT Transaction discarded because of previous errors.';

interface Value {
  readonly text: string;
  readonly expiry: number | undefined;
}

/** What the commands mean, over a map; written for being obvious. */
class Model {
  now = 0;
  #values = new Map<string, Value>();

  run([command, ...args]: readonly string[]): unknown {
    const [key, second, third, fourth] = args as [string, string, string, string];
    const value = this.#get(key ?? '');
    switch (command) {
      case 'get':
        return value?.text ?? null;
      case 'mget':
        return args.map(each => this.#get(each)?.text ?? null);
      case 'exists':
        return args.filter(each => this.#get(each) !== undefined).length;
      case 'strlen':
        return value?.text.length ?? 0;
      case 'type':
        return value === undefined ? 'none' : 'string';
      case 'pttl':
        return value === undefined ? -2 : value.expiry === undefined ? -1 : value.expiry - this.now;
      case 'set': {
        if (third === 'nx' && value !== undefined) return null;
        if (third === 'xx' && value === undefined) return null;
        const expiry =
          third === 'px' ? this.now + Number(fourth) : third === 'keepttl' ? value?.expiry : undefined;
        this.#values.set(key, { text: second, expiry });
        return third === 'get' ? (value?.text ?? null) : 'OK';
      }
      case 'mset':
        for (let i = 0; i < args.length; i += 2)
          this.#values.set(args[i]!, { text: args[i + 1]!, expiry: undefined });
        return 'OK';
      case 'del': {
        let removed = 0;
        for (const each of args) {
          if (this.#get(each) !== undefined) removed++;
          this.#values.delete(each);
        }
        return removed;
      }
      case 'getdel':
        this.#values.delete(key);
        return value?.text ?? null;
      case 'append':
        this.#values.set(key, { text: (value?.text ?? '') + second, expiry: value?.expiry });
        return (value?.text.length ?? 0) + second.length;
      case 'incrby': {
        const before = value?.text ?? '0';
        if (!/^(0|-?[1-9]\d{0,14})$/.test(before)) return notInteger;
        const after = Number(before) + Number(second);
        this.#values.set(key, { text: String(after), expiry: value?.expiry });
        return after;
      }
      case 'pexpire':
        if (value === undefined) return 0;
        this.#values.set(key, { text: value.text, expiry: this.now + Number(second) });
        return 1;
      case 'persist':
        if (value?.expiry === undefined) return 0;
        this.#values.set(key, { text: value.text, expiry: undefined });
        return 1;
      case 'flushall':
        this.#values.clear();
        return 'OK';
      default:
        return assert.fail(command);
    }
  }

  runAtomic(commands: readonly (readonly string[])[]): unknown[] {
    const before = new Map(this.#values);
    const replies: unknown[] = [];
    for (const [index, command] of commands.entries()) {
      const reply = this.run(command);
      replies.push(reply);
      if (reply !== notInteger) continue;
      this.#values = before;
      return commands.map((_, i) => (i === index ? reply : aborted));
    }
    return replies;
  }

  /** Keys that are there, in order. */
  keys(): string[] {
    return [...this.#values.keys()].filter(key => this.#get(key) !== undefined).sort();
  }

  /** The index of expiries as it has to be once all that expired was swept: deadlines and keys. */
  expiries(): string[] {
    const expiring = this.keys().map(key => [this.#get(key)!.expiry, key] as const);
    return expiring
      .filter(([expiry]) => expiry !== undefined)
      .map(([expiry, key]) => `${expiry} ${key}`)
      .sort();
  }

  #get(key: string): Value | undefined {
    const value = this.#values.get(key);
    return value?.expiry !== undefined && value.expiry <= this.now ? undefined : value;
  }
}

const key = fc.constantFrom('', 'a', 'b', 'c', 'longer key', 'k'.repeat(60));
const text = fc.oneof(
  fc.constantFrom('', '0', '7', '-12', 'x'),
  fc.string({ unit: 'binary-ascii', maxLength: 60 }),
);
const milliseconds = fc.integer({ min: 1, max: 50 }).map(String);
const command: fc.Arbitrary<readonly string[]> = fc.oneof(
  fc.tuple(fc.constantFrom('get', 'strlen', 'type', 'pttl', 'getdel', 'persist', 'exists', 'del'), key),
  fc.tuple(fc.constant('set'), key, text),
  fc.tuple(fc.constant('set'), key, text, fc.constantFrom('nx', 'xx', 'get', 'keepttl')),
  fc.tuple(fc.constant('set'), key, text, fc.constant('px'), milliseconds),
  fc.tuple(fc.constant('pexpire'), key, milliseconds),
  fc.tuple(fc.constant('append'), key, text),
  fc.tuple(fc.constant('incrby'), key, fc.integer({ min: -1000, max: 1000 }).map(String)),
  fc.tuple(fc.constantFrom('mget', 'exists', 'del'), key, key, key),
  fc.tuple(fc.constant('mset'), key, text, key, text),
  { weight: 1, arbitrary: fc.constant(['flushall']) },
);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      commands: fc.array(command, { minLength: 1, maxLength: 6 }),
      isAtomic: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ advance: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 1, arbitrary: fc.constant('sweep' as const) },
);

it('answers any sequence of commands as a plain map would, and keeps its index of expiries exact', async () => {
  await using store = new StoreCommands();
  const start = store.clock.wallNow();
  fc.assert(
    fc.property(fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 30 }), groups => {
      store.run('flushall');
      const model = new Model();
      for (const group of groups) {
        const entries: Entry[] = [];
        const expected: unknown[] = [];
        const flush = () => {
          assert.deepEqual(store.runAll(entries.splice(0)), expected.splice(0));
        };
        for (const each of group) {
          model.now = store.clock.wallNow();
          if (each === 'sweep') {
            flush();
            while (store.sweep.run());
          } else if ('advance' in each) {
            flush();
            store.clock.advance(each.advance);
          } else {
            entries.push({ commands: each.commands as Words[], isAtomic: each.isAtomic });
            expected.push(
              each.isAtomic ? model.runAtomic(each.commands) : each.commands.map(words => model.run(words)),
            );
          }
        }
        flush();
      }
      model.now = store.clock.wallNow();
      const [, keys] = store.run('scan', '', 'count', '1000') as [string, string[]];
      assert.deepEqual(keys.sort(), model.keys());
      while (store.sweep.run());
      const index = [...store.store.expiriesFrom(1000)];
      const actual = index.map(entry => `${entry.deadline} ${Buffer.from(entry.source).toString('latin1')}`);
      assert.deepEqual(actual.sort(), model.expiries());
      assert.equal(store.store.expiringKeys, index.length);
      assert.equal(store.store.keys, model.keys().length);
    }),
    { numRuns: 300 },
  );
  assert.ok(store.clock.wallNow() > start);
  assert.equal(store.store.corruptRecords, 0);
});
