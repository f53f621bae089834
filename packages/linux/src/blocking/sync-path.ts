import { O_NONBLOCK, O_RDONLY } from "../kernel/constants.ts";
import type { System } from "../kernel/system.ts";
import { withOpen } from "./open-at.ts";

/** fsync(2) or syncfs(2) of a file or folder by its path. */
export function syncPath(system: System, call: "fsync" | "syncfs", path: string): void {
  // O_NONBLOCK: a FIFO in the place of a file must not hold the Worker.
  withOpen(system, { name: path, path, flags: O_RDONLY | O_NONBLOCK }, (fd) => {
    system.run(call, path, () => system.libc[call](fd));
  });
}
