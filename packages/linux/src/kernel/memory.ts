import { readFileSync, readlinkSync } from "node:fs";
import type { Kernel } from "../ports.ts";
import type { System } from "./system.ts";

const MADV_DONTNEED = 4;

/** One line of /proc/self/maps (proc(5)) that is code of a file: address and end. */
const code = /^([0-9a-f]+)-([0-9a-f]+) r-xp [0-9a-f]+ [0-9a-f:]+ [1-9]\d* +(\/.*)$/;

/** What this process itself holds in memory. */
export function memoryCalls({ libc, run }: System): Pick<Kernel, "unmapOwnCode"> {
  return {
    unmapOwnCode: () => {
      const program = readlinkSync("/proc/self/exe");
      let bytes = 0;
      for (const line of readFileSync("/proc/self/maps", "utf8").split("\n")) {
        const [, from = "", to = "", path] = code.exec(line) ?? [];
        if (path !== program) continue;
        const start = Number.parseInt(from, 16);
        const length = Number.parseInt(to, 16) - start;
        run("madvise", program, () => libc.madvise(start, length, MADV_DONTNEED));
        bytes += length;
      }
      return bytes;
    },
  };
}
