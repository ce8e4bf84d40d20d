import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summarizeProfile } from '../../../../bench/harness/cpu-profile.ts';

const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 9 });
const profile = {
  nodes: [
    { id: 1, callFrame: frame('(idle)', '') },
    { id: 2, callFrame: frame('route', 'file:///anywhere/src/gateway/routing/router.ts') },
    { id: 3, callFrame: frame('writev', '') },
  ],
  startTime: 1_000_000,
  samples: [2, 1, 3, 2],
  timeDeltas: [5_000, 10_000, 30_000, 10_000],
};

test('shares are of the busy time within the spans', () => {
  const { functions } = summarizeProfile(profile, [{ from: 1_010, to: 1_060 }]);
  assert.deepEqual(functions, [
    { name: 'writev', share: 0.75 },
    { name: 'route  src/gateway/routing/router.ts:10', share: 0.25 },
  ]);
});

test('groups by folder, and calls without a file native', () => {
  const { parts } = summarizeProfile(profile, [{ from: 0, to: 2_000 }]);
  assert.deepEqual(
    parts.map(({ name }) => name),
    ['native writev', 'src/gateway/routing'],
  );
});
