import { O_NOFOLLOW, O_WRONLY } from "../kernel/constants.ts";
import type { System } from "../kernel/system.ts";
import { withOpen } from "./open-at.ts";

/** One write(2) to a file that is there. */
export function writeControl(system: System, path: string, text: string): void {
  const bytes = Buffer.from(text);
  withOpen(system, { name: path, path, flags: O_WRONLY | O_NOFOLLOW }, (fd) => {
    system.run("write", path, () => Number(system.libc.write(fd, bytes, bytes.length)));
  });
}
