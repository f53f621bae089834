import { UMOUNT_NOFOLLOW } from "../kernel/constants.ts";
import { cstring, isErrno, type System } from "../kernel/system.ts";

/** Arguments of mount(2). */
export interface MountCall {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly flags: number;
  readonly data: string;
}

/** mount(2). */
export function mount({ libc, run }: System, { source, target, type, flags, data }: MountCall): void {
  const [from, to, fs, options] = [source, target, type, data].map((text) => cstring("mount", text));
  run("mount", target, () => libc.mount(from ?? null, to ?? null, fs ?? null, flags, options ?? null));
}

/** umount2(2); nothing to do is fine. */
export function unmount({ libc, run }: System, target: string, flags: number): void {
  const name = cstring("umount2", target);
  try {
    run("umount2", target, () => libc.umount2(name, flags | UMOUNT_NOFOLLOW));
  } catch (error) {
    // EINVAL: not a mount point; ENOTDIR: a file stands where a folder of the path was.
    if (!isErrno(error, "EINVAL", "ENOENT", "ENOTDIR")) throw error;
  }
}
