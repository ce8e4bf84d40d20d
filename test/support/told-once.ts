import assert from 'node:assert/strict';

/** Fails unless what was told is what was wanted, each once; with `inOrder` also one after the other. Says little, for lists are long. */
export function assertToldOnce<T extends string | number>(
  told: readonly T[],
  wanted: readonly T[],
  what: string,
  { inOrder = true } = {},
): void {
  const [toldSet, wantedSet] = [new Set(told), new Set(wanted)];
  const lost = wanted.filter(key => !toldSet.has(key));
  const foreign = told.filter(key => !wantedSet.has(key));
  const repeated = told.filter((key, at) => told.indexOf(key) !== at);
  const places = new Map(wanted.map((key, at) => [key, at]));
  const displaced = inOrder
    ? told.filter((key, at) => at > 0 && (places.get(key) ?? 0) < (places.get(told[at - 1]!) ?? 0))
    : [];
  assert.deepEqual(
    {
      lost: lost.slice(0, 5),
      foreign: foreign.slice(0, 5),
      repeated: repeated.slice(0, 5),
      displaced: displaced.slice(0, 5),
    },
    { lost: [], foreign: [], repeated: [], displaced: [] },
    `${what}: ${lost.length} lost, ${foreign.length} foreign, ${repeated.length} repeated, ${displaced.length} displaced of ${wanted.length}`,
  );
}

/** Of `<chain>.slots`. */
export interface ToldSlot {
  readonly slot: number;
  readonly parent: number | null;
  readonly status: string;
}

/** Fails unless the slots with a status are one chain, in order, and no status of a slot comes twice, but of one that was dead and came back. */
export function assertSlots(slots: readonly ToldSlot[], status = 'confirmed'): void {
  const deaths = new Map<number, number>();
  const told = slots.map(({ slot, status: which }) => {
    const died = deaths.get(slot) ?? 0;
    if (which === 'dead') deaths.set(slot, died + 1);
    return `${slot}:${which}${died === 0 ? '' : ` after death ${died}`}`;
  });
  assertToldOnce(told, [...new Set(told)], 'statuses', { inOrder: false });
  const chain = slots.filter(slot => slot.status === status);
  const breaks = chain.filter(({ parent }, at) => at > 0 && parent !== chain[at - 1]!.slot);
  assert.deepEqual(
    breaks.slice(0, 5),
    [],
    `${breaks.length} of ${chain.length} slots are not on the one before`,
  );
}
