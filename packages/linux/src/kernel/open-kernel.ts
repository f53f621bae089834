import type { Kernel } from "../ports.ts";
import { descriptorCalls } from "./descriptors.ts";
import { directoryCalls } from "./directories.ts";
import { fileCalls } from "./files.ts";
import { loadLibc } from "./libc.ts";
import { memoryFolderCalls } from "./memory-folders.ts";
import { memoryCalls } from "./memory.ts";
import { processCalls } from "./processes.ts";
import { socketCalls } from "./sockets.ts";
import { createSystem } from "./system.ts";
import { watchCalls } from "./watches.ts";
import { xattrCalls } from "./xattrs.ts";

/** The kernel of this machine by the C library. One per thread: errno belongs to a thread. */
export function openKernel(): Kernel {
  const system = createSystem(loadLibc());
  return {
    ...fileCalls(system),
    ...directoryCalls(system),
    ...xattrCalls(system),
    ...descriptorCalls(system),
    ...memoryFolderCalls(system),
    ...socketCalls(system),
    ...processCalls(system),
    ...memoryCalls(system),
    ...watchCalls(system),
  };
}
