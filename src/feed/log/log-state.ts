/** What the log is at one moment; written with each batch, so that it always fits the chunks. */
export interface LogState {
  readonly epoch: string;
  /** The offset of the first event that is kept; `head + 1`: there is none. */
  readonly earliest: number;
  /** The offset of the last event; 0: there never was one. */
  readonly head: number;
  /** Bytes of all chunks. */
  readonly bytes: number;
  /** Counts the writes, so that no two states are equal. */
  readonly revision: number;
}

const epochForm = /^[0-9a-z]{1,20}$/;

export function encodeLogState(state: LogState): Buffer {
  const { epoch, earliest, head, bytes, revision } = state;
  return Buffer.from(JSON.stringify({ version: 1, epoch, earliest, head, bytes, revision }));
}

/** Undefined: these bytes are not a state. */
export function decodeLogState(record: Buffer): LogState | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(record.toString());
  } catch {
    return undefined;
  }
  if (typeof fields !== 'object' || fields === null) return undefined;
  const { version, epoch, earliest, head, bytes, revision } = fields as Readonly<Record<string, unknown>>;
  if (version !== 1 || typeof epoch !== 'string' || !epochForm.test(epoch)) return undefined;
  if (!isCount(earliest) || !isCount(head) || !isCount(bytes) || !isCount(revision)) return undefined;
  if (earliest < 1 || earliest > head + 1) return undefined;
  return { epoch, earliest, head, bytes, revision };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** A name for a new history. */
export function newEpoch(random: () => number): string {
  let epoch = '';
  for (let i = 0; i < epochLength; i++) epoch += Math.floor(random() * 36).toString(36);
  return epoch;
}

const epochLength = 12;
