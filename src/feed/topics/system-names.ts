/** What Trunkline tells of itself, each under the topic `system.<name>`. Others never come, so that a topic that names one is refused. */
export const systemNames = ['started', 'stopping', 'config'] as const;

/** A name of an event of Trunkline itself. */
export type SystemName = (typeof systemNames)[number];
