import { fail } from "@berth/base";
import { isErrno, openRooted, type RootedFolder, S_IFMT, S_IFREG } from "@berth/linux";
import { containerEnvironment } from "@berth/runtime";
import type { ExecCreateRequest } from "@berth/spec";
import type { ContainerRecord } from "../containers/record.ts";
import { type Core, containerFolder } from "../core.ts";

/** The best one first. */
const shells = ["bash", "ash", "sh"] as const;
/** Where shells are besides the container's own PATH. */
const usualFolders = ["/bin", "/usr/bin", "/usr/local/bin"];
const maxFolders = 32;
const anyExecute = 0o111;

/** What an exec with `Enter` runs. */
export interface EnterPlan {
  readonly command: readonly string[];
  /** A program of this machine's that is lent to the container; null: the container has a shell. */
  readonly lentShell: string | null;
}

/**
 * Chooses what somebody gets who enters a container: the command asked for, or the best shell that the image or the container's
 * own changes brought. Without any shell a lent one, which also runs commands: its own tools and the container's programs.
 * Shells on volumes are not looked for. Throws conflict when there is no shell and none to lend.
 */
export function planEnter(core: Core, record: ContainerRecord, asked: readonly string[]): EnterPlan {
  const own = findShell(core, record);
  if (own !== null) return { command: asked.length === 0 ? [own] : asked, lentShell: null };
  const lentShell = core.runtime.lentShell();
  if (lentShell !== null) return { command: asked, lentShell };
  if (asked.length > 0) return { command: asked, lentShell: null };
  throw fail(
    "conflict",
    `Container ${record.id} has no shell (${shells.join(", ")}), and the engine's machine has none to lend: install the package busybox-static there, or name a command that the image has`,
  );
}

/** The request as it is kept and shown: the words that run. */
export function enterRequest(core: Core, record: ContainerRecord, request: ExecCreateRequest): ExecCreateRequest {
  const { command, lentShell } = planEnter(core, record, request.Cmd ?? []);
  return { ...request, Cmd: lentShell !== null && command.length === 0 ? ["sh"] : [...command] };
}

/** The program to lend when an exec starts. What was put together at its creation may have changed since. */
export function lentShellOf(core: Core, record: ContainerRecord, request: ExecCreateRequest): string | null {
  return request.Enter === true ? planEnter(core, record, request.Cmd ?? []).lentShell : null;
}

function findShell(core: Core, record: ContainerRecord): string | null {
  using root = openRooted(core.kernel, `${containerFolder(core, record.id)}/rootfs`);
  const folders = [...new Set([...pathOf(record).slice(0, maxFolders), ...usualFolders])];
  for (const shell of shells) {
    const folder = folders.find((candidate) => isProgram(root, `${candidate}/${shell}`));
    if (folder !== undefined) return `${folder}/${shell}`;
  }
  return null;
}

function pathOf({ config }: ContainerRecord): string[] {
  const variables = containerEnvironment({ hostname: "", tty: false, own: config.Env ?? [], home: null });
  const path = variables.find((variable) => variable.startsWith("PATH="))?.slice("PATH=".length) ?? "";
  return path
    .split(":")
    .filter((folder) => folder.startsWith("/"))
    .map((folder) => folder.replace(/\/+$/, ""));
}

function isProgram(root: RootedFolder, path: string): boolean {
  try {
    const found = root.stat(path);
    return found !== null && (found.mode & S_IFMT) === S_IFREG && (found.mode & anyExecute) !== 0;
  } catch (error) {
    if (isErrno(error, "ELOOP", "ENAMETOOLONG", "EACCES", "EINVAL")) return false;
    throw error;
  }
}
