import { readSync } from 'node:fs';

/** Reads pages of an open file one by one; keeps none but those that the walk stands on. */
export class PageFile {
  readonly pageSize: number;
  /** Whole pages in the file. */
  readonly pageCount: number;
  readonly #fd: number;
  readonly #buffers: Buffer[] = [];

  constructor(fd: number, fileBytes: number, pageSize: number) {
    this.#fd = fd;
    this.pageSize = pageSize;
    this.pageCount = Math.floor(fileBytes / pageSize);
  }

  /** The page; valid until the next page of the same `level` is read. `undefined`: it is not in the file. */
  read(page: number, level: number): Buffer | undefined {
    if (page >= this.pageCount) return undefined;
    let buffer = this.#buffers[level];
    if (buffer === undefined) {
      buffer = Buffer.allocUnsafeSlow(this.pageSize);
      this.#buffers[level] = buffer;
    }
    return this.#fill(buffer, page) ? buffer : undefined;
  }

  /** As many pages in a row; `undefined`: they are not all in the file. */
  readRun(page: number, count: number): Buffer | undefined {
    if (page + count > this.pageCount) return undefined;
    const buffer = Buffer.allocUnsafeSlow(count * this.pageSize);
    return this.#fill(buffer, page) ? buffer : undefined;
  }

  #fill(buffer: Buffer, page: number): boolean {
    let filled = 0;
    while (filled < buffer.length) {
      const count = readSync(
        this.#fd,
        buffer,
        filled,
        Math.min(buffer.length - filled, 0x40_00_00_00),
        page * this.pageSize + filled,
      );
      if (count === 0) return false;
      filled += count;
    }
    return true;
  }
}
