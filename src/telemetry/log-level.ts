/** How much a line matters; a log writes its own level and all that matter more. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** The levels by severity, the most severe first. */
export const severity: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 };
