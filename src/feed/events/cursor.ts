/** A place in a history: everything up to and including `offset` has been seen. */
export interface Cursor {
  readonly epoch: string;
  readonly offset: number;
}

const form = /^([0-9a-z]{1,20}):(0|[1-9]\d{0,14})$/;

/** The text that clients keep: `epoch:offset`. */
export function formatCursor(epoch: string, offset: number): string {
  return `${epoch}:${offset}`;
}

/** Reads a client's cursor; undefined: it is not one. */
export function parseCursor(text: string): Cursor | undefined {
  const parts = form.exec(text);
  return parts === null ? undefined : { epoch: parts[1]!, offset: Number(parts[2]) };
}
