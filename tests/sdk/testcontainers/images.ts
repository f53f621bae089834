import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import { buildImage, type BusyboxImage, directory, file, readBusybox, type TarEntry } from "../../harness/busybox-image.ts";

const perl = "/usr/bin/perl";

/**
 * The stand-in for testcontainers/ryuk: Debian's perl-base, which every Debian has, and `reaper.pl` on top of busybox.
 */
export function buildReaperImage(name: string): BusyboxImage {
  const script = file("reaper.pl", readFileSync(path.join(import.meta.dir, "reaper.pl")), 0o755);
  const entries = [...perlEntries(), script].sort((one, other) => (one.name < other.name ? -1 : 1));
  return buildImage(name, { layers: [readBusybox(), withFolders(entries)], config: { Cmd: [perl, "/reaper.pl"] } });
}

/** perl, the libraries that it is linked with, and the modules of perl-base, each where Debian has it. */
function perlEntries(): TarEntry[] {
  const linked = execFileSync("ldd", [perl], { encoding: "utf8" });
  const libraries = [...linked.matchAll(/(?:=> )?(\/\S+) \(/g)].map((match) => match[1] ?? "");
  const folder = execFileSync(perl, ["-e", "print grep { /perl-base$/ } @INC"], { encoding: "utf8" });
  const modules = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => path.join(folder, name))
    .filter(
      (name) =>
        statSync(name).isFile() &&
        /\/(IO|Socket|Fcntl|Errno|Exporter|strict|warnings|XSLoader|Carp|SelectSaver|Symbol|List|Scalar|Tie|bytes|overload|constant|vars|Config|re|utf8)[^/]*\b|\/auto\//.test(
          name,
        ),
    );
  return [perl, ...libraries, ...modules].map((name) => file(name.slice(1), readFileSync(realpathSync(name)), 0o755));
}

/** The entries with the folders that they lie in. */
function withFolders(entries: readonly TarEntry[]): TarEntry[] {
  const folders = new Set<string>();
  for (const { name } of entries) {
    for (let at = name.indexOf("/"); at !== -1; at = name.indexOf("/", at + 1)) folders.add(name.slice(0, at + 1));
  }
  return [...[...folders].sort().map((name) => directory(name)), ...entries];
}
