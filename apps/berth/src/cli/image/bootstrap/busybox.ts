import { execFile } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { fail } from "@berth/base";
import { formatTarEntry, isStaticElf, type TarEntryInit, tarEnd, tarPadding } from "@berth/spec";

/** Debian's busybox-static puts it here. */
const usualPath = "/bin/busybox";

const accounts = {
  "etc/passwd": `root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
bin:x:2:2:bin:/bin:/bin/false
sys:x:3:3:sys:/dev:/bin/false
sync:x:4:100:sync:/bin:/bin/sync
mail:x:8:8:mail:/var/spool/mail:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
operator:x:37:37:Operator:/var:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
`,
  "etc/group": `root:x:0:
daemon:x:1:
bin:x:2:
sys:x:3:
adm:x:4:
tty:x:5:
disk:x:6:
mail:x:8:
www-data:x:33:
operator:x:37:
shadow:x:42:
utmp:x:43:
staff:x:50:
users:x:100:
nogroup:x:65534:
`,
  "etc/shadow": `root:*:::::::
daemon:*:::::::
bin:*:::::::
sys:*:::::::
sync:*:::::::
mail:*:::::::
www-data:*:::::::
operator:*:::::::
nobody:*:::::::
`,
  "etc/nsswitch.conf": `passwd: files
group: files
hosts: files dns
`,
} as const;

const directories: readonly (readonly [string, number])[] = [
  ["bin", 0o755],
  ["dev", 0o755],
  ["etc", 0o755],
  ["home", 0o755],
  ["proc", 0o755],
  ["root", 0o700],
  ["sys", 0o755],
  ["tmp", 0o1777],
  ["usr", 0o755],
  ["usr/bin", 0o755],
  ["usr/sbin", 0o755],
  ["var", 0o755],
  ["var/spool", 0o755],
  ["var/spool/mail", 0o755],
  ["var/www", 0o755],
];

/**
 * A root file system of one program, as a tar that is made in memory: busybox with a hard link for each of its applets,
 * and the few files that programs look for. The same busybox gives the same bytes.
 * @param path a statically linked busybox
 * @throws not-found when there is none, invalid when it needs a loader
 */
export async function bootstrapBusybox(path: string = usualPath): Promise<Readable> {
  const program = await readBusybox(path);
  const { stdout } = await promisify(execFile)(path, ["--list"], { maxBuffer: 1 << 20 });
  const applets = stdout.split("\n").filter((name) => name !== "" && name !== "busybox" && !name.includes("/"));
  const mtimeNs = BigInt(Math.floor((await stat(path)).mtimeMs / 1000)) * 1_000_000_000n;
  return Readable.from(archive(program, { applets, mtimeNs }));
}

function* archive(
  program: Buffer,
  { applets, mtimeNs }: { readonly applets: readonly string[]; readonly mtimeNs: bigint },
): Generator<Uint8Array> {
  for (const [name, mode] of directories) yield formatTarEntry({ name, type: "directory", mode, mtimeNs });
  yield* file({ name: "bin/busybox", type: "file", mode: 0o755, mtimeNs }, program);
  for (const applet of applets)
    yield formatTarEntry({ name: `bin/${applet}`, type: "link", linkName: "bin/busybox", mode: 0o755, mtimeNs });
  // Scripts name env by this path.
  yield formatTarEntry({ name: "usr/bin/env", type: "symlink", linkName: "../../bin/env", mtimeNs });
  for (const [name, text] of Object.entries(accounts)) {
    yield* file(
      { name, type: "file", mode: name === "etc/shadow" ? 0o640 : 0o644, gid: name === "etc/shadow" ? 42 : 0, mtimeNs },
      Buffer.from(text),
    );
  }
  yield tarEnd();
}

function* file(entry: TarEntryInit, content: Buffer): Generator<Uint8Array> {
  yield formatTarEntry({ ...entry, sizeBytes: content.length });
  yield content;
  yield tarPadding(content.length);
}

async function readBusybox(path: string): Promise<Buffer> {
  let program: Buffer;
  try {
    program = await readFile(path);
  } catch (error) {
    throw fail("not-found", `there is no ${path}: install the package busybox-static`, error);
  }
  if (!isStaticElf(program)) throw fail("invalid", `${path} is not statically linked: install the package busybox-static`);
  return program;
}
