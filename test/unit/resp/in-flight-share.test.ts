import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InFlightGate } from '../../../src/resp/in-flight-gate.ts';
import { InFlightShare, type Load } from '../../../src/resp/in-flight-share.ts';

const mebibyte = 2 ** 20;

function share(gate = new InFlightGate(5000, 32 * mebibyte)) {
  return { gate, share: new InFlightShare(gate, () => {}) };
}

const load = (count: number): Load => ({ count, commands: Buffer.alloc(count * 30), weight: 0 });

/** Commands that may go one by one until the next has to wait. */
function admitted(of: InFlightShare): number {
  let count = 0;
  while (!of.mustWait(count, count * 30)) count++;
  return count;
}

/** Runs that are answered with values of so many bytes each. */
function answered(of: InFlightShare, bytesEach: number, runs: number): void {
  for (let i = 0; i < runs; i++) {
    const run = load(8);
    of.enter(run);
    of.leave(run, 8 * bytesEach);
  }
}

describe('InFlightShare', () => {
  it('lets few commands go before the first reply, and up to its bound once replies are small', () => {
    const { share: own } = share();
    assert.equal(admitted(own), 31);
    answered(own, 20, 10);
    assert.equal(admitted(own), 1024);
  });

  it('asks for large values few at a time, from the first large reply on', () => {
    const { share: own } = share();
    answered(own, 20, 10);
    answered(own, mebibyte, 1);
    assert.equal(admitted(own), 1, 'one may always go');
  });

  it('does not let many connections ask for more together than the gate allows', () => {
    const { gate } = share();
    const shares = Array.from({ length: 500 }, () => share(gate).share);
    let commands = 0;
    for (const own of shares) {
      answered(own, mebibyte, 1);
      const run = load(Math.max(1, admitted(own)));
      if (own.mustWait(0, 0)) continue;
      own.enter(run);
      commands += run.count;
    }
    assert.ok(commands <= 34, `${commands} MiB of replies at once`);
  });

  it('gives back exactly what it took, however its judgement changed meanwhile', () => {
    const { gate, share: own } = share();
    const runs = [load(3), load(5)];
    for (const run of runs) own.enter(run);
    own.leave(runs[0]!, 3 * mebibyte);
    own.leave(runs[1]!, 100);
    assert.equal(own.commands, 0);
    assert.equal(gate.count, 0);
    gate.enter(1, 1);
    assert.ok(gate.hasRoom(0, 32 * mebibyte - 1));
  });
});
