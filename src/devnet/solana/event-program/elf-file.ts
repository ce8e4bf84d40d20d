import type { Assembled } from './assembler.ts';

/**
 * The parts of a shared object that the Solana runtime loads: code, and a dynamic section that leads to the symbols
 * and to the places where calls of the runtime's functions are to be filled in.
 * https://refspecs.linuxfoundation.org/elf/elf.pdf, https://github.com/anza-xyz/sbpf/blob/main/src/elf.rs
 */
const fileHeaderBytes = 64;
const programHeaderBytes = 56;
const sectionHeaderBytes = 64;
const symbolBytes = 24;
const relocationBytes = 16;

const machineBpf = 247;
/** Fill in the 32-bit immediate of the call at this place with the hash of the symbol's name. */
const relocationOfCall = 10;

const segment = { load: 1, dynamic: 2 } as const;
const permission = { execute: 1, read: 4 } as const;
const sectionType = { code: 1, strings: 3, dynamic: 6, relocations: 9, dynamicSymbols: 11 } as const;
const sectionFlag = { allocate: 2, execute: 4 } as const;
const symbolKind = { global: 0x10, globalFunction: 0x12 } as const;
const dynamicTag = {
  end: 0,
  strings: 5,
  symbols: 6,
  stringsSize: 10,
  symbolSize: 11,
  relocations: 17,
  relocationsSize: 18,
  relocationSize: 19,
} as const;

interface Section {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly content: Buffer;
  readonly alignment: number;
  readonly entryBytes?: number;
  /** The name of the section that this one refers to. */
  readonly link?: string;
  readonly info?: number;
}

/** A program as a file that the runtime loads; addresses in it are offsets in the file. */
export function elfFile({ text, calls }: Assembled): Buffer {
  const functions = [...new Set(calls.map(({ name }) => name))];
  const strings = stringTable([...functions, 'entrypoint']);
  const headersEnd = fileHeaderBytes + 3 * programHeaderBytes;
  const at = layOut(headersEnd, {
    text: text.length,
    dynamic: 8 * 16,
    symbols: (functions.length + 2) * symbolBytes,
    strings: strings.bytes.length,
    relocations: calls.length * relocationBytes,
  });

  const symbols = Buffer.concat([
    Buffer.alloc(symbolBytes),
    ...functions.map(name => symbol(strings.at(name), symbolKind.global, 0, 0, 0)),
    symbol(strings.at('entrypoint'), symbolKind.globalFunction, 1, at.text, text.length),
  ]);
  const relocations = words(
    calls.flatMap(({ offset, name }) => [
      BigInt(at.text + offset),
      (BigInt(functions.indexOf(name) + 1) << 32n) | BigInt(relocationOfCall),
    ]),
  );
  const dynamic = words([
    ...[dynamicTag.relocations, at.relocations],
    ...[dynamicTag.relocationsSize, relocations.length],
    ...[dynamicTag.relocationSize, relocationBytes],
    ...[dynamicTag.symbols, at.symbols],
    ...[dynamicTag.symbolSize, symbolBytes],
    ...[dynamicTag.strings, at.strings],
    ...[dynamicTag.stringsSize, strings.bytes.length],
    ...[dynamicTag.end, 0],
  ]);

  const { allocate, execute } = sectionFlag;
  const sections: readonly Section[] = [
    { name: '.text', type: sectionType.code, flags: allocate | execute, content: text, alignment: 8 },
    {
      name: '.dynamic',
      type: sectionType.dynamic,
      flags: 3,
      content: dynamic,
      alignment: 8,
      entryBytes: 16,
      link: '.dynstr',
    },
    {
      name: '.dynsym',
      type: sectionType.dynamicSymbols,
      flags: allocate,
      content: symbols,
      alignment: 8,
      entryBytes: symbolBytes,
      link: '.dynstr',
      info: 1,
    },
    { name: '.dynstr', type: sectionType.strings, flags: allocate, content: strings.bytes, alignment: 1 },
    {
      name: '.rel.dyn',
      type: sectionType.relocations,
      flags: allocate,
      content: relocations,
      alignment: 8,
      entryBytes: relocationBytes,
      link: '.dynsym',
    },
  ];
  const names = stringTable([...sections.map(({ name }) => name), '.shstrtab']);
  const namesAt = at.end;
  const headersAt = align(namesAt + names.bytes.length);
  const places = [at.text, at.dynamic, at.symbols, at.strings, at.relocations];

  const file = Buffer.alloc(headersAt + (sections.length + 2) * sectionHeaderBytes);
  fileHeader(at.text, headersAt, sections.length + 2).copy(file);
  const { read } = permission;
  segmentHeader(segment.load, read | permission.execute, at.text, text.length, 4096).copy(
    file,
    fileHeaderBytes,
  );
  segmentHeader(segment.load, read, at.dynamic, at.end - at.dynamic, 4096).copy(
    file,
    fileHeaderBytes + programHeaderBytes,
  );
  segmentHeader(segment.dynamic, read, at.dynamic, dynamic.length, 8).copy(
    file,
    fileHeaderBytes + 2 * programHeaderBytes,
  );
  const all = [
    ...sections,
    { name: '.shstrtab', type: sectionType.strings, flags: 0, content: names.bytes, alignment: 1 },
  ];
  all.forEach((section, index) => {
    const place = places[index] ?? namesAt;
    section.content.copy(file, place);
    const link = 1 + all.findIndex(({ name }) => name === (section as Section).link);
    sectionHeader(section, names.at(section.name), place, link).copy(
      file,
      headersAt + (index + 1) * sectionHeaderBytes,
    );
  });
  return file;
}

/** Where each part begins, one after the other at multiples of 8; `end`: after the last. */
function layOut<Part extends string>(
  start: number,
  sizes: Record<Part, number>,
): Record<Part | 'end', number> {
  const places = {} as Record<Part | 'end', number>;
  let at = align(start);
  for (const [part, bytes] of Object.entries(sizes) as [Part, number][]) {
    places[part] = at;
    at = align(at + bytes);
  }
  places.end = at;
  return places;
}

function align(offset: number): number {
  return Math.ceil(offset / 8) * 8;
}

function stringTable(strings: readonly string[]) {
  const joined = `\0${strings.join('\0')}\0`;
  return { bytes: Buffer.from(joined), at: (name: string) => joined.indexOf(`\0${name}\0`) + 1 };
}

function words(values: readonly (number | bigint)[]): Buffer {
  const bytes = Buffer.alloc(values.length * 8);
  values.forEach((value, index) => {
    bytes.writeBigUInt64LE(BigInt(value), index * 8);
  });
  return bytes;
}

function symbol(name: number, kind: number, section: number, value: number, size: number): Buffer {
  const bytes = Buffer.alloc(symbolBytes);
  bytes.writeUInt32LE(name, 0);
  bytes[4] = kind;
  bytes.writeUInt16LE(section, 6);
  words([value, size]).copy(bytes, 8);
  return bytes;
}

function fileHeader(entry: number, sectionHeadersAt: number, sections: number): Buffer {
  const bytes = Buffer.alloc(fileHeaderBytes);
  // 64 bits, little-endian, version 1; a shared object.
  Buffer.from([0x7f, ...Buffer.from('ELF'), 2, 1, 1]).copy(bytes);
  bytes.writeUInt16LE(3, 16);
  bytes.writeUInt16LE(machineBpf, 18);
  bytes.writeUInt32LE(1, 20);
  words([entry, fileHeaderBytes, sectionHeadersAt]).copy(bytes, 24);
  const counts = [fileHeaderBytes, programHeaderBytes, 3, sectionHeaderBytes, sections, sections - 1];
  counts.forEach((count, index) => {
    bytes.writeUInt16LE(count, 52 + index * 2);
  });
  return bytes;
}

function segmentHeader(type: number, flags: number, at: number, size: number, alignment: number): Buffer {
  const bytes = Buffer.alloc(programHeaderBytes);
  bytes.writeUInt32LE(type, 0);
  bytes.writeUInt32LE(flags, 4);
  words([at, at, at, size, size, alignment]).copy(bytes, 8);
  return bytes;
}

function sectionHeader(section: Section, name: number, at: number, link: number): Buffer {
  const bytes = Buffer.alloc(sectionHeaderBytes);
  bytes.writeUInt32LE(name, 0);
  bytes.writeUInt32LE(section.type, 4);
  const address = section.flags === 0 ? 0 : at;
  words([section.flags, address, at, section.content.length]).copy(bytes, 8);
  bytes.writeUInt32LE(link, 40);
  bytes.writeUInt32LE(section.info ?? 0, 44);
  words([section.alignment, section.entryBytes ?? 0]).copy(bytes, 48);
  return bytes;
}
