import { closeSync, openSync, statSync } from "node:fs";
import path from "node:path";
import { type Logger, messageOf, type Steps } from "@berth/base";
import { type Blocking, MNT_DETACH, MS_BIND, MS_RDONLY, MS_REMOUNT } from "@berth/linux";
import type { Layout } from "../layout.ts";

/** How a runtime is called so that no container can write to its program. */
export interface RuntimeCall {
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** crun believes this only of a program on a read-only mount; anything else it copies all the same (its cloned_binary.c). */
const ENVIRONMENT = { _LIBCONTAINER_CLONED_BINARY: "1" } as const;

/**
 * crun's program on a read-only mount below the exec root. A container could reach the program that brings it up by
 * /proc/<pid>/exe and change it for the host (CVE-2019-5736), so crun binds itself read-only and starts itself anew from there: at
 * each call half of its system calls and of its time. Here that is done once. The mount is made at each start of the daemon, because
 * crun may have been upgraded meanwhile, and goes with its regular end.
 */
export class ProtectedProgram {
  readonly #blocking: Pick<Blocking, "mount" | "unmount">;
  readonly #original: string;
  readonly #target: string;
  readonly #inode: bigint;

  private constructor(options: {
    readonly blocking: Pick<Blocking, "mount" | "unmount">;
    readonly original: string;
    readonly target: string;
    readonly inode: bigint;
  }) {
    this.#blocking = options.blocking;
    this.#original = options.original;
    this.#target = options.target;
    this.#inode = options.inode;
  }

  /** null, with a line in the log, where it cannot be mounted: then crun protects itself, as ever. */
  static async open(options: {
    readonly blocking: Pick<Blocking, "mount" | "unmount">;
    readonly layout: Layout;
    readonly steps: Steps;
    readonly log: Logger;
    /** Path of crun; null: it is not installed. */
    readonly program: string | null;
  }): Promise<ProtectedProgram | null> {
    const { blocking, program, log } = options;
    if (program === null) return null;
    const target = path.join(options.layout.execRoot, "crun");
    try {
      await options.steps.run("recover.runtime-program", async () => {
        await blocking.unmount(target, MNT_DETACH);
        closeSync(openSync(target, "a", 0o600));
        await blocking.mount(program, target, "none", MS_BIND, "");
        await blocking.mount("none", target, "none", MS_BIND | MS_REMOUNT | MS_RDONLY, "");
      });
      const { ino: inode } = statSync(target, { bigint: true });
      return new ProtectedProgram({ blocking, original: program, target, inode });
    } catch (error) {
      log.warn("the runtime's program cannot be mounted; it will protect itself at each call", { program, error: messageOf(error) });
      await blocking.unmount(target, MNT_DETACH).catch(() => undefined);
      return null;
    }
  }

  /** How to call a runtime: the protected one if it is that, and if nobody has taken the mount away. */
  call(runtimePath: string): RuntimeCall {
    const there = runtimePath === this.#original && statSync(this.#target, { bigint: true, throwIfNoEntry: false })?.ino === this.#inode;
    return there ? { path: this.#target, environment: ENVIRONMENT } : { path: runtimePath, environment: {} };
  }

  async close(): Promise<void> {
    await this.#blocking.unmount(this.#target, MNT_DETACH);
  }
}

/** {@link ProtectedProgram.call}, also where there is none. */
export function runtimeCall(program: ProtectedProgram | null, runtimePath: string): RuntimeCall {
  return program?.call(runtimePath) ?? { path: runtimePath, environment: {} };
}
