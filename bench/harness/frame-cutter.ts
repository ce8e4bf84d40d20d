/** The whole length of the message that begins at `at`; 0: not told by the bytes up to `end`. */
export type MessageMeasure = (bytes: Buffer, at: number, end: number) => number;

/** A server's WebSocket frame. */
export const webSocketMeasure: MessageMeasure = (bytes, at, end) => {
  if (end - at < 2) return 0;
  const short = bytes[at + 1]! & 0x7f;
  if (short < 126) return 2 + short;
  if (short === 126) return end - at < 4 ? 0 : 4 + ((bytes[at + 2]! << 8) | bytes[at + 3]!);
  return end - at < 10 ? 0 : 10 + bytes.readUInt32BE(at + 6);
};

const [lineFeed, space, zero] = [0x0a, 0x20, 0x30];
const payloadKinds = new Set(['M'.charCodeAt(0), 'H'.charCodeAt(0)]);

/** A message of the NATS text protocol: a line, and behind those of `MSG` and `HMSG` as many bytes as the line ends with. */
export const natsMeasure: MessageMeasure = (bytes, at, end) => {
  const lineEnd = bytes.indexOf(lineFeed, at);
  if (lineEnd < 0 || lineEnd >= end) return 0;
  const line = lineEnd + 1 - at;
  if (!payloadKinds.has(bytes[at]!)) return line;
  let size = 0;
  let unit = 1;
  for (let digit = lineEnd - 2; bytes[digit] !== space; digit--) {
    size += (bytes[digit]! - zero) * unit;
    unit *= 10;
  }
  return line + size + 2;
};

/** The longest message. */
const mostBytes = 1024 * 1024;

/** Cuts a byte stream into whole messages without keeping any: the bytes may be overwritten after each call. */
export class FrameCutter {
  readonly #measure: MessageMeasure;
  readonly #onMessage: (bytes: Buffer, start: number, end: number) => void;
  #rest: Buffer | undefined;

  constructor(measure: MessageMeasure, onMessage: (bytes: Buffer, start: number, end: number) => void) {
    this.#measure = measure;
    this.#onMessage = onMessage;
  }

  /** @throws Error on a message above 1 MiB */
  push(chunk: Buffer): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (at < bytes.length) {
      const length = this.#measure(bytes, at, bytes.length);
      if (length > mostBytes) throw new Error(`a message of ${length} bytes`);
      if (length === 0 || at + length > bytes.length) break;
      this.#onMessage(bytes, at, at + length);
      at += length;
    }
    this.#rest = at === bytes.length ? undefined : Buffer.from(bytes.subarray(at));
  }
}
