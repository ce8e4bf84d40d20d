/** The topics that a gap of a pipeline is about whose handler tells events in the feed. @param programs those of its filter */
export function gapTopics(chain: string, programs: readonly string[]): readonly string[] {
  if (programs.length === 0) return [`${chain}.events.>`];
  return programs.map(program => `${chain}.events.${program}.>`);
}
