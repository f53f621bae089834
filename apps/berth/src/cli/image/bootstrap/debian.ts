import { type ChildProcess, execFile, spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { access, constants, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { fail } from "@berth/base";
import { cleanRootFilesystem } from "./clean.ts";
import { type AptSource, chooseSource, formatSource, parseListFile, parseSourcesFile, withoutCredentials } from "./sources.ts";

/** What a shell and `ps` need beyond the essential packages. */
const packages = "bash,procps";
/** Output of the program that is kept for an error. */
const keptLines = 8;

/** What {@link bootstrapDebian} is asked for. */
export interface DebianOptions {
  /** Address of a mirror; null takes the host's own from APT's configuration. */
  readonly mirror: string | null;
  /** Release; null is the host's. */
  readonly suite: string | null;
  /** Called with each line of progress. */
  readonly print: (line: string) => void;
}

/**
 * A Debian root file system with bash, ps and apt, as a tar. Made by mmdebstrap, else by debootstrap (which needs a
 * folder on disk, and root).
 * @throws not-found when neither program is there, or no mirror is known; (while reading) unavailable when it fails
 */
export async function bootstrapDebian(options: DebianOptions): Promise<{ readonly archive: Readable; readonly suite: string }> {
  const source = await findSource(options);
  options.print(`Making Debian ${source.suite} from ${withoutCredentials(source.uri)}`);
  if (await isInstalled("mmdebstrap"))
    return { archive: Readable.from(cleanRootFilesystem(runMmdebstrap(source, options.print))), suite: source.suite };
  if (await isInstalled("debootstrap"))
    return { archive: Readable.from(cleanRootFilesystem(runDebootstrap(source, options.print))), suite: source.suite };
  throw fail("not-found", "neither mmdebstrap nor debootstrap is installed: install the package mmdebstrap");
}

async function* runMmdebstrap(source: AptSource, print: (line: string) => void): AsyncGenerator<Uint8Array> {
  const args = ["--variant=apt", `--include=${packages}`, "--format=tar", "--skip=output/dev", source.suite, "-", "-"];
  const child = spawn("mmdebstrap", args, { stdio: ["pipe", "pipe", "pipe"], env: await environment() });
  // By stdin and not by argument: arguments can be read by everybody, and the address may hold a password.
  child.stdin.on("error", () => undefined);
  child.stdin.end(`${formatSource(source)}\n`);
  yield* output(child, "mmdebstrap", print);
}

async function* runDebootstrap(source: AptSource, print: (line: string) => void): AsyncGenerator<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), "berth-debian-"));
  try {
    const root = join(folder, "root");
    const keyring = source.signedBy === null ? [] : [`--keyring=${source.signedBy}`];
    const args = ["--variant=minbase", `--include=${packages}`, ...keyring, source.suite, root, source.uri];
    const child = spawn("debootstrap", args, { stdio: ["ignore", "pipe", "pipe"], env: await environment() });
    for await (const piece of output(child, "debootstrap", print))
      for (const line of lines(Buffer.from(piece).toString("utf8"))) print(line);
    yield* output(
      spawn("tar", ["-C", root, "--numeric-owner", "--one-file-system", "-cf", "-", "."], { stdio: ["ignore", "pipe", "pipe"] }),
      "tar",
      print,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A program's standard output; its standard error is progress. */
async function* output(child: ChildProcess, name: string, print: (line: string) => void): AsyncGenerator<Uint8Array> {
  const last: string[] = [];
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", (error) => reject(fail("unavailable", `${name} could not be started`, error)));
    child.on("close", resolve);
  });
  ended.catch(() => undefined);
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    for (const line of lines(text)) {
      print(line);
      last.push(line);
      if (last.length > keptLines) last.shift();
    }
  });
  try {
    if (child.stdout !== null) yield* child.stdout as AsyncIterable<Uint8Array>;
    const code = await ended;
    if (code !== 0) throw fail("unavailable", `${name} failed (${code}):\n${last.join("\n")}`);
  } finally {
    child.kill("SIGTERM");
  }
}

function lines(text: string): string[] {
  return withoutCredentials(text)
    .split(/[\r\n]+/)
    .filter((line) => line.trim() !== "" && !/^[\d. ]+%?$|done$/.test(line.trim()));
}

async function findSource({ mirror, suite }: DebianOptions): Promise<AptSource> {
  const codename = suite ?? (await hostCodename());
  const configured = chooseSource(await hostSources(), codename);
  if (mirror !== null) {
    const wanted = suite ?? configured?.suite ?? codename;
    if (wanted === null) throw fail("invalid", "this is no Debian machine: say which release with --suite");
    return {
      uri: mirror,
      suite: wanted,
      components: ["main"],
      signedBy: configured?.signedBy ?? (await debianKeyring()),
      trusted: configured?.trusted ?? false,
    };
  }
  if (configured === null)
    throw fail("not-found", `APT's configuration names no mirror for ${codename ?? "Debian"}: say one with --mirror`);
  return { ...configured, components: ["main"], signedBy: configured.signedBy ?? (configured.trusted ? null : await debianKeyring()) };
}

/** What the package debian-archive-keyring brings; APT uses it also when nothing names it. */
async function debianKeyring(): Promise<string | null> {
  const path = "/usr/share/keyrings/debian-archive-keyring.gpg";
  return access(path, constants.R_OK).then(
    () => path,
    () => null,
  );
}

async function hostSources(): Promise<AptSource[]> {
  const folder = "/etc/apt/sources.list.d";
  const names = await readdir(folder).catch((): string[] => []);
  const sources = parseListFile(await readText("/etc/apt/sources.list"));
  for (const name of names.toSorted()) {
    if (name.endsWith(".list")) sources.push(...parseListFile(await readText(join(folder, name))));
    if (name.endsWith(".sources")) sources.push(...parseSourcesFile(await readText(join(folder, name))));
  }
  return sources;
}

async function hostCodename(): Promise<string | null> {
  const text = await readText("/etc/os-release");
  return /^ID="?debian"?$/m.test(text) ? (/^VERSION_CODENAME="?([a-z]+)"?$/m.exec(text)?.[1] ?? null) : null;
}

function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}

/** The environment with the proxies that the host's APT uses, which the programs do not read from its configuration. */
async function environment(): Promise<NodeJS.ProcessEnv> {
  const env = { ...process.env };
  const dump = await promisify(execFile)("apt-config", ["dump"]).then(
    ({ stdout }) => stdout,
    () => "",
  );
  for (const scheme of ["http", "https"]) {
    const proxy = new RegExp(`^Acquire::${scheme}::Proxy "(.+)";$`, "mi").exec(dump)?.[1];
    if (proxy !== undefined && proxy !== "DIRECT") env[`${scheme}_proxy`] ??= proxy;
  }
  return env;
}

async function isInstalled(program: string): Promise<boolean> {
  const folders = (process.env["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin").split(delimiter).filter((folder) => folder.startsWith("/"));
  for (const folder of [...folders, "/usr/sbin"]) {
    const found = await access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}
