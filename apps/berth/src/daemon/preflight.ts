import { accessSync, chmodSync, constants, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { fail, messageOf } from "@berth/base";

/**
 * Refuses to start for everybody but root.
 * @throws forbidden with what to do
 */
export function requireRoot(): void {
  if (process.geteuid?.() === 0) return;
  throw fail(
    "forbidden",
    "the daemon needs to be started with root privileges: containers need mounts, namespaces and cgroups. Start it with sudo or as a service",
  );
}

/** Programs of the machine that containers need. */
export interface Tools {
  readonly conmon: string;
  /** crun and runc, those that are there. */
  readonly runtimes: Readonly<Record<string, string>>;
}

/**
 * Finds the programs that containers need.
 * @param added runtimes by name and path, from the options
 * @throws unavailable naming what is missing and its Debian package
 */
export function findTools(added: Readonly<Record<string, string>>): Tools {
  const conmon = Bun.which("conmon", { PATH: searchPath() });
  if (conmon === null)
    throw fail("unavailable", "conmon was not found, and containers need it: install it (Debian: apt-get install conmon)");
  const runtimes: Record<string, string> = {};
  for (const name of ["crun", "runc"]) {
    const path = Bun.which(name, { PATH: searchPath() });
    if (path !== null) runtimes[name] = path;
  }
  for (const [name, path] of Object.entries(added)) {
    const found = path.includes("/") ? path : Bun.which(path, { PATH: searchPath() });
    if (found === null || !isExecutable(found)) throw fail("invalid", `the runtime ${name} (${path}) cannot be executed`);
    runtimes[name] = found;
  }
  if (Object.keys(runtimes).length === 0) {
    throw fail(
      "unavailable",
      "neither crun nor runc was found, and containers need one of them: install crun (Debian: apt-get install crun)",
    );
  }
  return { conmon, runtimes };
}

/**
 * Makes a folder of the daemon and checks that it can be written to.
 * @param options.mode its permissions, also when it is there already
 * @throws unavailable with what to do, for a read-only or full disk
 */
export function prepareFolder(path: string, options: { readonly flag: string; readonly what: string; readonly mode: number }): void {
  const probe = `${path}/.write-check-${String(process.pid)}`;
  try {
    const { mode } = options;
    mkdirSync(path, { recursive: true, mode });
    if ((statSync(path).mode & 0o777) !== mode) chmodSync(path, mode);
    writeFileSync(probe, "x", { flag: "wx" });
  } catch (error) {
    throw fail(
      "unavailable",
      `cannot write to the ${options.what} ${path}: ${reason(error)}. Make it writable, or choose another folder with --${options.flag}`,
      error,
    );
  } finally {
    removeQuietly(probe);
  }
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // On a read-only disk there is nothing to remove.
  }
}

function reason(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case "EROFS":
      return "the file system is read-only";
    case "ENOSPC":
    case "EDQUOT":
      return "the disk is full";
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "ENOTDIR":
    case "EEXIST":
      return "something on the way is no folder";
    default:
      return messageOf(error);
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Programs of the system are found also when the caller's PATH is short; the current folder never counts. */
function searchPath(): string {
  const own = (process.env["PATH"] ?? "").split(":").filter((folder) => folder.startsWith("/"));
  return [...own, "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"].join(":");
}
