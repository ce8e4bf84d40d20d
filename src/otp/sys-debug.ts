import type { Envelope } from './messages.ts';

/** What `sys` has attached to a process: called for every message that it handles. */
export interface ProcessDebug {
  received(envelope: Envelope): void;
  sent(value: unknown): void;
}
