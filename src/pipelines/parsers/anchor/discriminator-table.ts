import { createHash } from 'node:crypto';

/** The first eight bytes of the hash of a text: how Anchor tells events, accounts and instructions apart. */
export function anchorDiscriminator(space: string, name: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(`${space}:${name}`).digest().subarray(0, 8));
}

/** What bytes start with, by their first bytes: eight as a rule, any number since Anchor 0.31. */
export class DiscriminatorTable<Entry extends { readonly discriminator: Uint8Array }> {
  readonly #byEight = new Map<string, Entry>();
  readonly #longer: readonly Entry[];
  readonly #shorter: readonly Entry[];

  /** Of two that both fit, the longer one counts; of two alike, the first. */
  constructor(entries: readonly Entry[]) {
    for (const entry of entries) {
      const { discriminator } = entry;
      if (discriminator.length !== 8) continue;
      const name = nameOf(discriminator);
      if (!this.#byEight.has(name)) this.#byEight.set(name, entry);
    }
    const sorted = entries.toSorted((one, other) => other.discriminator.length - one.discriminator.length);
    this.#longer = sorted.filter(({ discriminator }) => discriminator.length > 8);
    this.#shorter = sorted.filter(({ discriminator }) => discriminator.length < 8);
  }

  find(bytes: Uint8Array): Entry | undefined {
    return (
      startOf(this.#longer, bytes) ??
      (bytes.length >= 8 ? this.#byEight.get(nameOf(bytes)) : undefined) ??
      startOf(this.#shorter, bytes)
    );
  }
}

function startOf<Entry extends { readonly discriminator: Uint8Array }>(
  entries: readonly Entry[],
  bytes: Uint8Array,
): Entry | undefined {
  return entries.find(({ discriminator }) => startsWith(bytes, discriminator));
}

/** Whether bytes begin with others. */
export function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  if (bytes.length < start.length) return false;
  for (let at = 0; at < start.length; at++) if (bytes[at] !== start[at]) return false;
  return true;
}

function nameOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, 8).toString('latin1');
}
