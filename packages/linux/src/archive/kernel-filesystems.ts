import { fail } from "@berth/base";
import type { Fd, Kernel } from "../ports.ts";

/**
 * File systems that show the kernel itself (statfs(2)): their files have no size, reading some waits or changes something,
 * and writing them is a command. Nothing is copied out of or into them.
 */
const kernelFilesystems: ReadonlySet<number> = new Set([
  0x9fa0, // proc
  0x62656572, // sysfs
  0x27e0eb, // cgroup
  0x63677270, // cgroup2
  0x1cd1, // devpts
  0x19800202, // mqueue
  0x64626720, // debugfs
  0x74726163, // tracefs
  0x73636673, // securityfs
  0x62656570, // configfs
  0xcafe4a11, // bpf
  0x6165676c, // pstore
  0xde5e81e4, // efivarfs
  0x42494e4d, // binfmt_misc
  0x65735543, // fusectl
  0x6e736673, // nsfs
  0xf97cff8c, // selinuxfs
  0x5a3c69f0, // apparmorfs
]);

/** Whether an open file lies in a file system that shows the kernel itself. */
export function inKernelFilesystem(kernel: Kernel, fd: Fd): boolean {
  return kernelFilesystems.has(kernel.statfs(`/proc/self/fd/${fd}`).type);
}

/** @throws forbidden when files would be written into a file system that shows the kernel itself */
export function refuseKernelFilesystem(kernel: Kernel, fd: Fd, path: string): void {
  if (inKernelFilesystem(kernel, fd))
    throw fail("forbidden", `${path} is part of the kernel's own file systems: nothing can be copied there`);
}
