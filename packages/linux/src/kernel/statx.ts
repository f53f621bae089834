import type { FileStat } from "../ports.ts";

export const statxSize = 256;
/** STATX_BASIC_STATS and STATX_MNT_ID. */
export const statxMask = 0x17ff;

/** Reads `struct statx` (linux/stat.h; the same on every architecture, in host order, which is little-endian). */
export function parseStatx(view: DataView): FileStat {
  const u32 = (at: number): number => view.getUint32(at, true);
  const time = (at: number): bigint => view.getBigInt64(at, true) * 1_000_000_000n + BigInt(u32(at + 8));
  return {
    nlink: u32(16),
    uid: u32(20),
    gid: u32(24),
    mode: view.getUint16(28, true),
    inode: view.getBigUint64(32, true),
    sizeBytes: Number(view.getBigUint64(40, true)),
    blocks: Number(view.getBigUint64(48, true)),
    atimeNs: time(64),
    ctimeNs: time(96),
    mtimeNs: time(112),
    rdevMajor: u32(128),
    rdevMinor: u32(132),
    dev: (BigInt(u32(136)) << 32n) | BigInt(u32(140)),
    mountId: view.getBigUint64(144, true),
  };
}
