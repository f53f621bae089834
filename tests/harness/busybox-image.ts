import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";

/** A docker-archive with one busybox layer, made from Debian's busybox-static: the same bytes at every call. */
export interface BusyboxImage {
  readonly archive: Buffer;
  /** `sha256:…` of the config. */
  readonly id: string;
}

/**
 * Builds the test image `name` (e.g. `busybox:latest`).
 * @param config more of the image's `config` object (Entrypoint, Volumes, …)
 */
export function buildBusyboxImage(name: string, config: Readonly<Record<string, unknown>> = {}): BusyboxImage {
  return buildImage(name, { layers: [readBusybox()], config });
}

/** Entries of busybox's root file system: one program, and a link for each of its names. */
export function readBusybox(): TarEntry[] {
  const busybox = ["/bin/busybox", "/usr/bin/busybox"].find((file) => existsSync(file));
  if (busybox === undefined) throw new Error("busybox-static is not installed (make test installs it)");
  const applets = execFileSync(busybox, ["--list"], { encoding: "utf8" }).trim().split("\n");
  return [
    directory("bin/"),
    directory("dev/"),
    directory("etc/"),
    directory("home/"),
    directory("proc/"),
    directory("root/", 0o700),
    directory("sys/"),
    directory("tmp/", 0o1777),
    directory("var/"),
    file("bin/busybox", readFileSync(busybox), 0o755),
    ...applets.filter((applet) => applet !== "busybox").map((applet) => link(`bin/${applet}`, "busybox")),
    file(
      "etc/passwd",
      Buffer.from("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\nann:x:1000:1000::/home:/bin/sh\n"),
    ),
    file("etc/group", Buffer.from("root:x:0:\nstaff:x:50:ann\nann:x:1000:\nnogroup:x:65534:\n")),
    file("etc/noexec", Buffer.from("not a program\n")),
  ];
}

/** What {@link buildImage} puts together. */
export interface ImageParts {
  /** Entries of each layer, lowest first; bytes are taken as they are. */
  readonly layers: readonly (readonly TarEntry[] | Buffer)[];
  /** More of the image's `config` object. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Changes what stands in the config as a whole. */
  readonly image?: Readonly<Record<string, unknown>>;
}

/** Builds a docker-archive of any layers. */
export function buildImage(name: string, parts: ImageParts): BusyboxImage {
  const layers = parts.layers.map((layer) => (Buffer.isBuffer(layer) ? layer : tar(layer)));
  const image = Buffer.from(
    JSON.stringify({
      architecture: "amd64",
      os: "linux",
      created: "2026-01-02T03:04:05Z",
      config: { Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], Cmd: ["sh"], ...parts.config },
      rootfs: { type: "layers", diff_ids: layers.map((layer) => `sha256:${sha256(layer)}`) },
      history: layers.map(() => ({ created: "2026-01-02T03:04:05Z", created_by: "busybox from Debian" })),
      ...parts.image,
    }),
  );
  const imageDigest = sha256(image);
  const paths = layers.map((_, at) => (at === 0 ? "layer/layer.tar" : `layer/${at}.tar`));
  const manifest = Buffer.from(JSON.stringify([{ Config: `${imageDigest}.json`, RepoTags: [name], Layers: paths }]));
  return {
    archive: tar([
      file(`${imageDigest}.json`, image),
      directory("layer/"),
      ...layers.map((layer, at) => file(paths[at] ?? "", layer)),
      file("manifest.json", manifest),
    ]),
    id: `sha256:${imageDigest}`,
  };
}

/** One entry of {@link tar}. */
export interface TarEntry {
  readonly name: string;
  readonly type: "0" | "1" | "2" | "3" | "4" | "5" | "6";
  readonly mode: number;
  readonly content: Buffer;
  readonly target: string;
  readonly uid: number;
  readonly gid: number;
  readonly major: number;
  readonly minor: number;
}

const plain = { content: Buffer.alloc(0), target: "", uid: 0, gid: 0, major: 0, minor: 0 };

/** A directory entry; `name` ends in a slash. */
export function directory(name: string, mode = 0o755): TarEntry {
  return { ...plain, name, type: "5", mode };
}

/** A regular file. */
export function file(name: string, content: Buffer, mode = 0o644): TarEntry {
  return { ...plain, name, type: "0", mode, content };
}

/** A symbolic link. */
export function link(name: string, target: string): TarEntry {
  return { ...plain, name, type: "2", mode: 0o777, target };
}

/** A hard link. */
export function hardLink(name: string, target: string): TarEntry {
  return { ...plain, name, type: "1", mode: 0o644, target };
}

/** A FIFO. */
export function fifo(name: string): TarEntry {
  return { ...plain, name, type: "6", mode: 0o666 };
}

/** A device node. */
export function device(name: string, type: "3" | "4", numbers: readonly [number, number]): TarEntry {
  return { ...plain, name, type, mode: 0o666, major: numbers[0], minor: numbers[1] };
}

/** A ustar archive of short names, as tests need it: same input, same bytes. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const parts: Buffer[] = [];
  for (const entry of entries) {
    const header = Buffer.alloc(512);
    header.write(entry.name, 0, 100);
    header.write(`${entry.mode.toString(8).padStart(7, "0")}\0`, 100);
    header.write(`${entry.uid.toString(8).padStart(7, "0")}\0`, 108);
    header.write(`${entry.gid.toString(8).padStart(7, "0")}\0`, 116);
    header.write(`${entry.content.length.toString(8).padStart(11, "0")}\0`, 124);
    header.write(`${(1_767_322_000).toString(8)}\0`, 136);
    header.write("        ", 148);
    header.write(entry.type, 156);
    header.write(entry.target, 157, 100);
    header.write("ustar\x0000", 257);
    header.write(`${entry.major.toString(8).padStart(7, "0")}\0`, 329);
    header.write(`${entry.minor.toString(8).padStart(7, "0")}\0`, 337);
    let sum = 0;
    for (const byte of header) sum += byte;
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    parts.push(header, entry.content, Buffer.alloc((512 - (entry.content.length % 512)) % 512));
  }
  parts.push(Buffer.alloc(1024));
  return Buffer.concat(parts);
}

/** Hexadecimal SHA-256. */
export function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
