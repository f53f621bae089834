import { readFileSync, statSync } from "node:fs";
import { fail } from "@berth/base";
import type { Fd, Kernel } from "@berth/linux";
import { isStaticElf } from "@berth/spec";

/** Where Debian's busybox-static is. */
const candidates: readonly string[] = ["/bin/busybox", "/usr/bin/busybox"];
const maxBytes = 16 * 1024 * 1024;
/** Where the program that gets the folder finds it: the first descriptor after the standard ones. */
export const LENT_FD = 3;

/** A shell with its tools in one statically linked program, for containers whose images have none; null when this machine has none. */
export function findLentShell(paths: readonly string[] = candidates): string | null {
  return paths.find((path) => readStatic(path) !== null) ?? null;
}

/**
 * Puts the program where only a process with the descriptor can reach it: a folder in memory. The container's own files stay as
 * they are, nothing of the host's comes into reach, and what is run is a copy that nobody can write to.
 * @throws not-found when the program has gone
 */
export function openLentShell(kernel: Pick<Kernel, "memoryFolder">, path: string): Fd {
  const program = readStatic(path);
  if (program === null) throw fail("not-found", `${path} is no statically linked program any more`);
  return kernel.memoryFolder({ busybox: program });
}

/** The command line that runs `command` by the lent shell: its tools are found first, then the container's own programs. Without a command a shell. */
export function lentCommand(command: readonly string[]): string[] {
  const shell = [`/proc/self/fd/${LENT_FD}/busybox`, "sh"];
  return command.length === 0 ? shell : [...shell, "-c", 'exec "$@"', "sh", ...command];
}

function readStatic(path: string): Buffer | null {
  try {
    const { size } = statSync(path);
    if (size > maxBytes) return null;
    const program = readFileSync(path);
    return isStaticElf(program) ? program : null;
  } catch {
    return null;
  }
}
