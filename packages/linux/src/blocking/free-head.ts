import { fstatSync } from "node:fs";
import { O_NOFOLLOW, O_NONBLOCK, O_RDWR } from "../kernel/constants.ts";
import type { System } from "../kernel/system.ts";
import { withOpen } from "./open-at.ts";

const FALLOC_FL_KEEP_SIZE = 1;
const FALLOC_FL_PUNCH_HOLE = 2;

/**
 * Gives the disk space of a file's beginning back (fallocate(2), a hole): its size and every position in it stay as they are.
 * A file of another inode is left alone.
 */
export function freeHead(system: System, path: string, options: { readonly inode: bigint; readonly bytes: number }): void {
  withOpen(system, { name: path, path, flags: O_RDWR | O_NOFOLLOW | O_NONBLOCK }, (fd) => {
    if (options.bytes <= 0 || fstatSync(fd, { bigint: true }).ino !== options.inode) return;
    system.run("fallocate", path, () => system.libc.fallocate(fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0n, BigInt(options.bytes)));
  });
}
