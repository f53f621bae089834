import { AT_EMPTY_PATH } from "../kernel/constants.ts";
import type { Fd, Kernel } from "../ports.ts";
import type { Ownership } from "./rooted-folder.ts";

/** Gives an open file its owner and mode. Owner first: a change of owner clears set-user-id bits (chown(2)). */
export function own(kernel: Kernel, fd: Fd, { mode, uid, gid }: Ownership): void {
  kernel.fchownat(fd, "", uid, gid, AT_EMPTY_PATH);
  kernel.fchmodat(fd, "", mode);
}
