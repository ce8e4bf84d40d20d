import type { ProcessName } from './process-name.ts';

declare const protocol: unique symbol;

/**
 * Identifies one process for ever: a restarted child has another pid. The type parameters are the messages that
 * the process takes, so a wrong message does not compile.
 */
export class Pid<in Call = never, in Cast = never, in Info = never> {
  declare readonly [protocol]: (call: Call, cast: Cast, info: Info) => void;
  /** Unique within its process system, ascending with the start of processes. */
  readonly id: number;
  /** What a person calls the process: its child id or the name of its behaviour. */
  readonly label: string;

  constructor(id: number, label: string) {
    this.id = id;
    this.label = label;
  }

  toString(): string {
    return `<${this.label}.${this.id}>`;
  }
}

/** Whom a message goes to: a pid, or a name that is looked up when the message is sent. */
export type Target<Call = never, Cast = never, Info = never> =
  | Pid<Call, Cast, Info>
  | ProcessName<Call, Cast, Info>;
