/** Beyond, nobody meant a name that is known, and the comparison would cost something. */
const longest = 32;

/** The one of `names` that `written` most probably was to be; undefined: it is like none of them. */
export function nearestName(written: string, names: readonly string[]): string | undefined {
  if (written.length > longest) return undefined;
  let best: { readonly name: string; readonly away: number } | undefined;
  for (const name of names) {
    const away = mistakes(written.toLowerCase(), name.toLowerCase());
    if (best === undefined || away < best.away) best = { name, away };
  }
  return best !== undefined && best.away <= Math.max(1, Math.floor(best.name.length / 3))
    ? best.name
    : undefined;
}

/** Letters that are missing, too many, wrong, or have changed places with their neighbour. */
function mistakes(written: string, meant: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: meant.length + 1 }, (_, at) => at);
  for (let row = 1; row <= written.length; row++) {
    const current = [row];
    for (let at = 1; at <= meant.length; at++) {
      const isSame = written[row - 1] === meant[at - 1];
      let fewest = Math.min(last[at]! + 1, current[at - 1]! + 1, last[at - 1]! + (isSame ? 0 : 1));
      const isSwapped =
        row > 1 && at > 1 && written[row - 1] === meant[at - 2] && written[row - 2] === meant[at - 1];
      if (isSwapped) fewest = Math.min(fewest, beforeLast[at - 2]! + 1);
      current.push(fewest);
    }
    beforeLast = last;
    last = current;
  }
  return last[meant.length]!;
}
