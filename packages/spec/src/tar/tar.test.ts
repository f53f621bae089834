import { expect, test } from "bun:test";
import fc from "fast-check";
import { type TarEntry, type TarType, tarTypeFlags } from "./entry.ts";
import { tarChecksum } from "./header.ts";
import { formatPaxRecord, parsePaxRecords, parsePaxTime } from "./pax.ts";
import { defaultTarLimits, type TarLimits, TarReader } from "./reader.ts";
import { formatTarEntry, type TarEntryInit, tarEnd, tarPadding } from "./writer.ts";

interface Read {
  readonly entries: (TarEntry & { readonly data: Buffer })[];
  readonly ended: boolean;
}

function read(archive: Uint8Array, options: { readonly piece?: number; readonly limits?: TarLimits } = {}): Read {
  const entries: Read["entries"] = [];
  let data: Buffer[] = [];
  const reader = new TarReader(
    {
      entry: (entry) => {
        entries.push({ ...entry, data: Buffer.alloc(0) });
        data = [];
      },
      data: (bytes) => void data.push(Buffer.from(bytes)),
      end: () => {
        const last = entries.pop();
        if (last !== undefined) entries.push({ ...last, data: Buffer.concat(data) });
      },
    },
    options.limits,
  );
  const piece = options.piece ?? archive.length;
  for (let at = 0; at < archive.length; at += piece) reader.push(archive.subarray(at, at + piece));
  reader.finish();
  return { entries, ended: reader.ended };
}

function tar(...entries: (TarEntryInit & { readonly content?: string })[]): Buffer {
  const parts = entries.flatMap(({ content = "", ...entry }) => {
    const bytes = Buffer.from(content);
    return [formatTarEntry({ ...entry, sizeBytes: bytes.length }), bytes, tarPadding(bytes.length)];
  });
  return Buffer.concat([...parts, tarEnd()]);
}

/** A header block made by hand: fields by offset, then the checksum. */
function block(fields: readonly (readonly [offset: number, bytes: string | Uint8Array])[]): Buffer {
  const bytes = Buffer.alloc(512);
  bytes.write("0000644\0", 100, "latin1");
  bytes.write("0000000\0", 108, "latin1");
  bytes.write("0000000\0", 116, "latin1");
  bytes.write("00000000000\0", 124, "latin1");
  bytes.write("00000000000\0", 136, "latin1");
  bytes.write("0", 156, "latin1");
  for (const [offset, value] of fields) bytes.set(typeof value === "string" ? Buffer.from(value, "latin1") : value, offset);
  bytes.write(`${tarChecksum(bytes).unsigned.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return bytes;
}

/** A number field of a header. */
const octal = (value: number): string => `${value.toString(8).padStart(11, "0")}\0`;

/** Reads with a sink that knows holes: each file as its pieces, holes as their length. */
function readSparse(archive: Uint8Array, piece = archive.length): { name: string; sizeBytes: number; parts: (string | number)[] }[] {
  const files: { name: string; sizeBytes: number; parts: (string | number)[] }[] = [];
  const reader = new TarReader({
    entry: ({ name, sizeBytes }) => void files.push({ name, sizeBytes, parts: [] }),
    data: (bytes) => {
      const parts = files.at(-1)?.parts ?? [];
      const last = parts.at(-1);
      const text = Buffer.from(bytes).toString("latin1");
      if (typeof last === "string") parts[parts.length - 1] = last + text;
      else parts.push(text);
    },
    hole: (bytes) => void files.at(-1)?.parts.push(bytes),
    end: () => undefined,
  });
  for (let at = 0; at < archive.length; at += piece) reader.push(archive.subarray(at, at + piece));
  reader.finish();
  return files;
}

/** A pax file with records, whose stored bytes are `content`. */
function paxFile(records: Readonly<Record<string, string>> | readonly (readonly [string, string])[], content: string): Buffer {
  const list = Array.isArray(records) ? (records as readonly (readonly [string, string])[]) : Object.entries(records);
  const bytes = Buffer.concat(list.map(([key, value]) => formatPaxRecord(key, value)));
  const header = block([
    [0, "x"],
    [124, octal(bytes.length)],
    [156, "x"],
  ]);
  return Buffer.concat([header, bytes, tarPadding(bytes.length), tar({ name: "stored", type: "file", content })]);
}

/** An old GNU header with up to four ranges. */
function oldSparse(
  ranges: readonly (readonly [number, number])[],
  sizes: { readonly stored: number; readonly real: number },
  more = false,
): Buffer {
  return block([
    [0, "old"],
    [124, octal(sizes.stored)],
    [156, "S"],
    [257, "ustar  \0"],
    ...ranges.flatMap(([offset, length], at): [number, string][] => [
      [386 + at * 24, octal(offset)],
      [398 + at * 24, octal(length)],
    ]),
    [482, more ? "\u0001" : "\0"],
    [483, octal(real(sizes))],
  ]);
}
const real = (sizes: { readonly real: number }): number => sizes.real;

const map10 = (...numbers: readonly number[]): string => `${numbers.join("\n")}\n`.padEnd(512, "\0");
const version10 = { "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "real", "GNU.sparse.realsize": "20" };

test.each<[string, Buffer, ReturnType<typeof readSparse>]>([
  [
    "old GNU",
    Buffer.concat([
      oldSparse(
        [
          [2, 3],
          [10, 1],
          [20, 0],
        ],
        { stored: 4, real: 20 },
      ),
      Buffer.from("abcd".padEnd(512, "\0")),
      tar({ name: "next", type: "file", content: "n" }),
    ]),
    [
      { name: "old", sizeBytes: 20, parts: [2, "abc", 5, "d", 9] },
      { name: "next", sizeBytes: 1, parts: ["n"] },
    ],
  ],
  [
    "old GNU, nothing but a hole",
    Buffer.concat([oldSparse([], { stored: 0, real: 9 }), tarEnd()]),
    [{ name: "old", sizeBytes: 9, parts: [9] }],
  ],
  [
    "pax 0.0",
    paxFile(
      [
        ["GNU.sparse.size", "20"],
        ["GNU.sparse.numblocks", "2"],
        ["GNU.sparse.offset", "0"],
        ["GNU.sparse.numbytes", "2"],
        ["GNU.sparse.offset", "18"],
        ["GNU.sparse.numbytes", "2"],
      ],
      "abcd",
    ),
    [{ name: "stored", sizeBytes: 20, parts: ["ab", 16, "cd"] }],
  ],
  [
    "pax 0.1",
    paxFile({ "GNU.sparse.size": "20", "GNU.sparse.numblocks": "2", "GNU.sparse.name": "real", "GNU.sparse.map": "0,2,4,2" }, "abcd"),
    [{ name: "real", sizeBytes: 20, parts: ["ab", 2, "cd", 14] }],
  ],
  ["pax 1.0", paxFile(version10, `${map10(2, 0, 2, 4, 2)}abcd`), [{ name: "real", sizeBytes: 20, parts: ["ab", 2, "cd", 14] }]],
  [
    "records of a version that nobody knows are an ordinary file's",
    paxFile({ "GNU.sparse.major": "2", "GNU.sparse.minor": "0", "GNU.sparse.name": "real" }, "abcd"),
    [{ name: "stored", sizeBytes: 4, parts: ["abcd"] }],
  ],
])("sparse: %s", (_, archive, files) => {
  for (const piece of [archive.length, 512, 100, 1]) expect(readSparse(archive, piece)).toEqual(files);
});

test("sparse: an old GNU file of many pieces has them in blocks of their own", () => {
  const all = Array.from({ length: 50 }, (_, number): [number, number] => [number * 10, 1]);
  const extension = (part: readonly (readonly [number, number])[], more: boolean): Buffer => {
    const bytes = Buffer.alloc(512);
    for (const [at, [offset, length]] of part.entries()) bytes.write(octal(offset) + octal(length), at * 24, "latin1");
    bytes[504] = more ? 1 : 0;
    return bytes;
  };
  const archive = Buffer.concat([
    oldSparse(all.slice(0, 4), { stored: 50, real: 500 }, true),
    extension(all.slice(4, 25), true),
    extension(all.slice(25, 46), true),
    extension(all.slice(46), false),
    Buffer.from("x".repeat(50).padEnd(512, "\0")),
    tarEnd(),
  ]);
  for (const piece of [archive.length, 7])
    expect(readSparse(archive, piece)).toEqual([{ name: "old", sizeBytes: 500, parts: all.flatMap(() => ["x", 9]) }]);
});

const badSparse = "archive/tar: invalid sparse file";
test.each<[string, Buffer, string]>([
  [
    "ranges that overlap",
    oldSparse(
      [
        [0, 5],
        [4, 2],
      ],
      { stored: 7, real: 20 },
    ),
    badSparse,
  ],
  [
    "ranges in disorder",
    oldSparse(
      [
        [10, 2],
        [0, 2],
      ],
      { stored: 4, real: 20 },
    ),
    badSparse,
  ],
  ["a range beyond the size", oldSparse([[19, 2]], { stored: 2, real: 20 }), badSparse],
  ["less data than the map says", oldSparse([[0, 2]], { stored: 1, real: 20 }), badSparse],
  ["more data than the map says", oldSparse([[0, 2]], { stored: 3, real: 20 }), badSparse],
  [
    "an endless map",
    Buffer.concat([oldSparse([], { stored: 0, real: 0 }, true), Buffer.alloc(512, "00000000001\u0000").fill(1, 504, 505)]),
    "unexpected EOF",
  ],
  [
    "a file larger than any",
    paxFile(
      {
        "GNU.sparse.size": "9007199254740991",
        "GNU.sparse.numblocks": "0",
        "GNU.sparse.map": "",
        "GNU.sparse.major": "0",
        "GNU.sparse.minor": "1",
      },
      "",
    ),
    badSparse,
  ],
  [
    "a map without its numbers",
    paxFile({ "GNU.sparse.size": "20", "GNU.sparse.numblocks": "2", "GNU.sparse.map": "0,2" }, "ab"),
    badSparse,
  ],
  [
    "an offset without its length",
    paxFile(
      [
        ["GNU.sparse.offset", "1"],
        ["GNU.sparse.offset", "1"],
      ],
      "",
    ),
    "archive/tar: invalid pax header",
  ],
  ["a map that is no number", paxFile({ "GNU.sparse.numblocks": "1", "GNU.sparse.map": "0,x" }, ""), "archive/tar: invalid pax header"],
  ["a map of 1.0 without an end", paxFile(version10, "1\n0\n".padEnd(512, "5")), badSparse],
  ["a map of 1.0 that is longer than the data", paxFile(version10, ""), badSparse],
  ["a map of 1.0 that counts to a million", paxFile(version10, map10(1_000_000)), "archive/tar: a sparse file of more than 65536 pieces"],
])("sparse: refuses %s", (_, archive, words) => {
  expect(() => readSparse(archive)).toThrow(words);
});

const entryArbitrary = fc.record({
  name: fc
    .oneof(fc.string({ minLength: 1, maxLength: 300 }), fc.stringMatching(/^[a-z/]{90,260}$/))
    .filter((name) => !name.includes("\0") && !name.endsWith("/") && name.isWellFormed()),
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: fc.integer({ min: 0, max: 0xffff_fffe }),
  gid: fc.integer({ min: 0, max: 0xffff_fffe }),
  mtimeNs: fc.bigInt({ min: -(10n ** 19n), max: 10n ** 20n }),
  content: fc.string({ maxLength: 1500 }),
  xattrs: fc.option(fc.dictionary(fc.stringMatching(/^user\.[a-z]{1,9}$/), fc.uint8Array({ maxLength: 40 }), { minKeys: 1, maxKeys: 3 }), {
    nil: null,
  }),
});

test("what is written is read again, in pieces of any size", () => {
  fc.assert(
    fc.property(fc.array(entryArbitrary, { maxLength: 6 }), fc.integer({ min: 1, max: 1700 }), (entries, piece) => {
      const archive = tar(
        ...entries.map(({ xattrs, ...entry }) => ({
          ...entry,
          type: "file" as const,
          xattrs: xattrs === null ? null : new Map(Object.entries(xattrs)),
        })),
      );
      const found = read(archive, { piece });
      expect(found.ended).toBe(true);
      expect(found.entries.length).toBe(entries.length);
      for (const [at, { content, xattrs, ...entry }] of entries.entries()) {
        expect(found.entries[at]).toMatchObject(entry);
        expect(found.entries[at]?.data.toString()).toBe(content);
        const values = [...(found.entries[at]?.xattrs ?? [])].map(([key, value]) => [key, [...value]]);
        expect(values).toEqual(Object.entries(xattrs ?? {}).map(([key, value]) => [key, [...value]]));
      }
    }),
    { numRuns: 60 },
  );
});

test("any bytes are read or refused, never more", () => {
  const base = tar({ name: "a", type: "file", content: "x".repeat(600) }, { name: "b".repeat(150), type: "file", content: "y" });
  const change = fc.record({ at: fc.nat(base.length - 1), byte: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(base.length), (changes, length) => {
      const bytes = Buffer.from(base);
      for (const { at, byte } of changes) bytes[at] = byte;
      try {
        read(bytes.subarray(0, length), { piece: 333 });
      } catch (error) {
        expect(error).toHaveProperty("kind", "invalid");
      }
    }),
  );
});

test.each(Object.keys(tarTypeFlags) as TarType[])("keeps the type %s", (type) => {
  const link = type === "link" || type === "symlink" ? { linkName: `${"l".repeat(120)}/ü` } : {};
  const [entry] = read(tar({ name: "n", type, deviceMajor: 4, deviceMinor: 5, ...link })).entries;
  expect(entry).toMatchObject({ type, deviceMajor: 4, deviceMinor: 5, ...link });
});

test("reads v7, GNU long names, base-256 numbers and ustar prefixes", () => {
  const long = "x/".repeat(80);
  const v7 = block([[0, "old/"]]);
  const longName = [
    block([
      [0, "././@LongLink"],
      [124, "00000000241\0"],
      [156, "L"],
    ]),
    Buffer.concat([Buffer.from(`${long}\0`), Buffer.alloc(351)]),
  ];
  const big = block([
    [0, "cut"],
    [108, Buffer.from([0x80, 0, 0, 0, 0x80, 0, 0, 1])],
    [136, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])],
    [257, "ustar  \0"],
  ]);
  const prefixed = block([
    [0, "name"],
    [257, "ustar\0" + "00"],
    [345, "some/prefix"],
  ]);
  const { entries } = read(Buffer.concat([v7, ...longName, big, prefixed, tarEnd()]));
  expect(entries.map(({ name, type, uid, mtimeNs }) => [name, type, uid, mtimeNs])).toEqual([
    ["old/", "directory", 0, 0n],
    [long, "directory", 0x8000_0001, -1_000_000_000n],
    ["some/prefix/name", "file", 0, 0n],
  ]);
});

test("carries names that are no UTF-8", () => {
  const { entries } = read(Buffer.concat([block([[0, Buffer.from([0x61, 0xff, 0xc3, 0xbc])]]), tarEnd()]));
  expect(entries[0]?.name).toBe("a\udcffü");
  expect(read(tar({ name: "a\udcffü", type: "file" })).entries[0]?.name).toBe("a\udcffü");
});

test.each<[string, Buffer, string]>([
  [
    "a wrong checksum",
    Buffer.concat([tar({ name: "a", type: "file" }).subarray(0, 511), Buffer.from([7])]),
    "archive/tar: invalid tar header",
  ],
  ["junk", Buffer.alloc(1024, "junk"), "archive/tar: invalid tar header"],
  ["a cut header", tar({ name: "a", type: "file" }).subarray(0, 300), "unexpected EOF"],
  ["cut data", tar({ name: "a", type: "file", content: "x".repeat(900) }).subarray(0, 1000), "unexpected EOF"],
  ["cut padding", tar({ name: "a", type: "file", content: "x" }).subarray(0, 600), "unexpected EOF"],
  ["records for nothing", tar({ name: "a".repeat(200), type: "file" }).subarray(0, 1024), "unexpected EOF"],
  [
    "an unknown type",
    Buffer.concat([
      block([
        [0, "a"],
        [156, "Z"],
      ]),
    ]),
    'archive/tar: "a" has the unknown type "Z"',
  ],
  [
    "a GNU sparse file",
    block([
      [0, "a"],
      [156, "S"],
    ]),
    'archive/tar: "a" is a sparse file, which is not supported',
  ],
  [
    "a negative size",
    block([
      [0, "a"],
      [124, Buffer.alloc(12, 0xff)],
    ]),
    'archive/tar: "a" has an impossible size or owner',
  ],
  [
    "a size beyond doubles",
    block([
      [0, "a"],
      [124, Buffer.from([0x80, ...Array<number>(11).fill(0xff)])],
    ]),
    "archive/tar: invalid tar header",
  ],
  [
    "a huge record",
    block([
      [0, "a"],
      [124, "77777777777\0"],
      [156, "x"],
    ]),
    "archive/tar: a header record of 8589934591 bytes, more than 1048576",
  ],
])("refuses %s", (_, archive, message) => {
  expect(() => read(archive)).toThrow(new Error(message));
});

test("stops at the most entries", () => {
  const archive = tar(...Array.from({ length: 5 }, (_, at) => ({ name: `f${at}`, type: "file" as const })));
  expect(() => read(archive, { limits: { ...defaultTarLimits, entries: 4 } })).toThrow("more than 4 entries");
});

test("an archive may lack its end marker, and what follows the marker is ignored", () => {
  const archive = tar({ name: "a", type: "file" });
  expect(read(archive.subarray(0, 512))).toMatchObject({ ended: false, entries: [{ name: "a" }] });
  expect(read(Buffer.concat([archive, Buffer.from("anything")])).entries.length).toBe(1);
});

test("pax records", () => {
  expect([...parsePaxRecords(Buffer.concat([formatPaxRecord("a", "b"), formatPaxRecord("k", "x".repeat(95))])).keys()]).toEqual(["a", "k"]);
  expect(Buffer.from(formatPaxRecord("a", "b")).toString()).toBe("6 a=b\n");
  for (const bad of ["", "x", "5 a=b\n", "6 a=b", "0 \n", "7 =bb\n\n", "99999999999999999999 a=b\n", "6 abc\n"].slice(1)) {
    expect(() => parsePaxRecords(Buffer.from(bad))).toThrow("invalid pax header");
  }
  expect([parsePaxTime("1.5"), parsePaxTime("-1.25"), parsePaxTime("0.123456789999")]).toEqual([
    1_500_000_000n,
    -1_250_000_000n,
    123_456_789n,
  ]);
  for (const bad of ["", "1e5", "x", "1.2.3", "9".repeat(40)]) expect(() => parsePaxTime(bad)).toThrow("invalid pax header");
});
