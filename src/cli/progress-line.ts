/** One line on a terminal that says how far long work is; silent where the stream is none. */
export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  #shown = '';

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream;
  }

  /** Shows `what` with its share in per cent. */
  show(what: string, done: number, of: number): void {
    const share = of <= 0 ? 100 : Math.min(100, Math.floor((done / of) * 100));
    const text = `${what}: ${share} %`;
    if (this.#stream.isTTY !== true || text === this.#shown) return;
    this.#shown = text;
    this.#stream.write(`\r\u001b[K${text}`);
  }

  /** Takes the line away, for what is to be said now. */
  clear(): void {
    if (this.#shown !== '') this.#stream.write('\r\u001b[K');
    this.#shown = '';
  }
}
