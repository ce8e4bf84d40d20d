import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CoolDown, retryAfterMs } from '../../../src/providers/cool-down.ts';

const options = { initialMs: 1000, maxMs: 10_000, jitter: 0.1 };
const middle = () => 0.5;

describe('CoolDown', () => {
  it('leaves the provider alone for the initial time, then doubles with each limit up to the bound', () => {
    const coolDown = new CoolDown(options, middle);
    let now = 0;
    const waits: number[] = [];
    for (let i = 0; i < 6; i++) {
      coolDown.limited(now, undefined);
      assert.ok(coolDown.isCooling(now));
      waits.push(coolDown.until - now);
      now = coolDown.until;
      assert.ok(!coolDown.isCooling(now));
    }
    assert.deepEqual(waits, [1000, 2000, 4000, 8000, 10_000, 10_000]);
  });

  it('takes many limits of one burst for one', () => {
    const coolDown = new CoolDown(options, middle);
    for (let i = 0; i < 50; i++) coolDown.limited(i, undefined);
    assert.equal(coolDown.until, 1000);
  });

  it('starts again at the initial time once a request sent after the cool-down was served', () => {
    const coolDown = new CoolDown(options, middle);
    coolDown.limited(0, undefined);
    coolDown.served(500);
    coolDown.limited(1000, undefined);
    assert.equal(coolDown.until, 3000);
    coolDown.served(3000);
    coolDown.limited(4000, undefined);
    assert.equal(coolDown.until, 5000);
  });

  it('honours what the provider asks for, never less, up to the bound', () => {
    const coolDown = new CoolDown(options, () => 0.999);
    coolDown.limited(0, 5000);
    assert.ok(coolDown.until >= 5000 && coolDown.until <= 5500);
    coolDown.limited(0, 1000);
    assert.ok(coolDown.until >= 5000, 'a shorter wish does not shorten');
    coolDown.limited(0, 86_400_000);
    assert.equal(coolDown.until, 10_000);
  });

  it('varies its own times by the jitter', () => {
    const shortest = new CoolDown(options, () => 0);
    const longest = new CoolDown(options, () => 0.9999);
    shortest.limited(0, undefined);
    longest.limited(0, undefined);
    assert.equal(shortest.until, 900);
    assert.ok(longest.until > 1099 && longest.until < 1100);
  });
});

describe('retryAfterMs', () => {
  it('reads seconds, fractions of them and dates', () => {
    assert.equal(retryAfterMs('30', 0), 30_000);
    assert.equal(retryAfterMs(' 0.5 ', 0), 500);
    assert.equal(retryAfterMs(['7', '9'], 0), 7000);
    assert.equal(retryAfterMs('Thu, 01 Jan 1970 00:01:00 GMT', 10_000), 50_000);
  });

  it('makes nothing of a date in the past, of nonsense and of no header', () => {
    assert.equal(retryAfterMs('Thu, 01 Jan 1970 00:00:01 GMT', 10_000), 0);
    for (const header of ['soon', '', '-5', '1e9', '99999999999', undefined])
      assert.equal(retryAfterMs(header, 0) ?? 0, 0, String(header));
  });
});
