export { openBlocking } from "./blocking/open-blocking.ts";
export * from "./kernel/constants.ts";
export { openKernel } from "./kernel/open-kernel.ts";
export { bytesOfPath, pathOfBytes } from "./kernel/path-bytes.ts";
export { errnoError, isErrno } from "./kernel/system.ts";
export * from "./kernel-error.ts";
export type * from "./ports.ts";
export { openNetlink } from "./netlink/open-netlink.ts";
export { openNftables } from "./nftables/open-nftables.ts";
