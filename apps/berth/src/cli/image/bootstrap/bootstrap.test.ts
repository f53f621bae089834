import { expect, test } from "bun:test";
import type { Readable } from "node:stream";
import { formatTarEntry, type ProgressMessage, type TarEntry, TarReader, tarEnd, tarPadding } from "@berth/spec";
import { bootstrapBusybox } from "./busybox.ts";
import { cleanRootFilesystem } from "./clean.ts";
import { runBootstrap } from "./command.ts";
import { chooseSource, formatSource, parseListFile, parseSourcesFile, withoutCredentials } from "./sources.ts";

async function entriesOf(archive: AsyncIterable<Uint8Array>): Promise<Map<string, TarEntry & { text: string }>> {
  const found = new Map<string, TarEntry & { text: string }>();
  let last: (TarEntry & { text: string }) | null = null;
  const reader = new TarReader({
    entry: (entry) => found.set(entry.name, (last = { ...entry, text: "" })),
    data: (bytes) => {
      if (last !== null && last.sizeBytes < 10_000) last.text += Buffer.from(bytes).toString();
    },
    end: () => undefined,
  });
  for await (const piece of archive) reader.push(piece);
  reader.finish();
  return found;
}

test("busybox: one program, a link for each applet, the usual files", async () => {
  const entries = await entriesOf(await bootstrapBusybox());
  expect(entries.get("bin/sh")?.linkName).toBe("bin/busybox");
  expect(entries.get("bin/busybox")?.mode).toBe(0o755);
  expect(entries.get("tmp/")?.mode).toBe(0o1777);
  expect(entries.get("etc/passwd")?.text).toMatch(/^root:x:0:0:/);
  expect([...entries.values()].filter(({ type }) => type === "link").length).toBeGreaterThan(200);
});

test("busybox: a program that needs a loader is refused", async () => {
  expect(bootstrapBusybox("/bin/ls")).rejects.toThrow("not statically linked");
  expect(bootstrapBusybox("/nonexistent")).rejects.toThrow("busybox-static");
});

test("reads both forms of APT's sources", () => {
  const list = parseListFile(
    "# deb http://no x main\ndeb-src http://m/debian trixie main\ndeb [arch=amd64 signed-by=/k.gpg trusted=yes] http://u:p@m/debian trixie main contrib # end\ndeb http://m/debian trixie-updates main",
  );
  expect(list).toEqual([
    { uri: "http://u:p@m/debian", suite: "trixie", components: ["main", "contrib"], signedBy: "/k.gpg", trusted: true },
    { uri: "http://m/debian", suite: "trixie-updates", components: ["main"], signedBy: null, trusted: false },
  ]);
  const stanzas = parseSourcesFile(
    "Types: deb deb-src\n# note\nURIs: http://a/debian\nSuites: bookworm bookworm-updates\nComponents: main\nSigned-By: /k.gpg\n\nTypes: deb\nEnabled: no\nURIs: http://b\nSuites: x\nComponents: main\n\nTypes: deb\nURIs: http://c\nSuites: bookworm-security\nComponents: main\nSigned-By:\n -----BEGIN PGP\n abc\n",
  );
  expect(stanzas.map(({ uri, suite, signedBy }) => [uri, suite, signedBy])).toEqual([
    ["http://a/debian", "bookworm", "/k.gpg"],
    ["http://a/debian", "bookworm-updates", "/k.gpg"],
    ["http://c", "bookworm-security", null],
  ]);
  const chosen = chooseSource([...list, ...stanzas], "bookworm");
  expect(chosen === null ? "" : formatSource(chosen)).toBe("deb [signed-by=/k.gpg] http://a/debian bookworm main");
  expect(chooseSource(list, "sid")).toBeNull();
});

test("takes credentials out of addresses", () => {
  expect(withoutCredentials("deb http://user:p%40ss@m/x a b\nE: ftp://u@h https://a:b@c@d/e")).toBe(
    "deb http://m/x a b\nE: ftp://h https://d/e",
  );
});

test("a root file system keeps no devices, no mirror credentials and no traces of its making", async () => {
  const file = (name: string, text: string): Uint8Array[] => [
    formatTarEntry({ name, type: "file", sizeBytes: text.length }),
    Buffer.from(text),
    tarPadding(text.length),
  ];
  const parts = [
    formatTarEntry({ name: "./dev", type: "directory" }),
    formatTarEntry({ name: "./dev/null", type: "char", deviceMajor: 1, deviceMinor: 3 }),
    ...file("./etc/apt/sources.list", "deb http://user:secret@mirror/debian bookworm main\n"),
    ...file("./etc/resolv.conf", "nameserver 192.0.2.1\n"),
    ...file("./etc/motd", "http://user:stays@here\n"),
    formatTarEntry({ name: "./var/lib/apt/lists/", type: "directory" }),
    ...file("./var/lib/apt/lists/x", "x"),
    tarEnd(),
  ];
  async function* source(): AsyncGenerator<Uint8Array> {
    const all = Buffer.concat(parts);
    for (let at = 0; at < all.length; at += 700) yield all.subarray(at, at + 700);
  }
  const entries = await entriesOf(cleanRootFilesystem(source()));
  expect([...entries.keys()]).toEqual(["./dev/", "./etc/apt/sources.list", "./etc/motd", "./var/lib/apt/lists/"]);
  expect(entries.get("./etc/apt/sources.list")?.text).toBe("deb http://mirror/debian bookworm main\n");
  expect(entries.get("./etc/motd")?.text).toBe("http://user:stays@here\n");
});

test("the command posts the archive to the engine", async () => {
  const printed: string[] = [];
  let asked = "";
  let bytes = 0;
  async function* answer(): AsyncGenerator<ProgressMessage> {
    yield { status: "sha256:abc" };
  }
  const post = async (path: string, body: Readable): Promise<AsyncIterable<ProgressMessage>> => {
    asked = path;
    for await (const piece of body) bytes += (piece as Uint8Array).length;
    return answer();
  };
  expect(await runBootstrap(["busybox", "--tag", "bb:1"], post, (line) => void printed.push(line))).toBe(0);
  expect(Object.fromEntries(new URL(`http://x${asked}`).searchParams)).toMatchObject({
    fromSrc: "-",
    repo: "bb",
    tag: "1",
    changes: 'CMD ["sh"]',
  });
  expect(bytes).toBeGreaterThan(500_000);
  expect(printed).toEqual(["sha256:abc", "Made image: bb:1"]);
  expect(await runBootstrap(["alpine"], post, () => undefined)).toBe(125);
  expect(await runBootstrap(["busybox", "--mirror", "http://x"], post, () => undefined)).toBe(125);
});
