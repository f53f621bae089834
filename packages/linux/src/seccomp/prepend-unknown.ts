import type { RuntimeSeccomp } from "@berth/spec";
import { X32, X86_64 } from "./constants.ts";

/** Instructions of classic BPF (linux/filter.h). */
const [LOAD, JUMP, JUMP_EQUAL, JUMP_GREATER, JUMP_NOT_LESS, RETURN] = [0x20, 0x05, 0x15, 0x25, 0x35, 0x06];
/** Offsets in `struct seccomp_data`. */
const [numberOffset, archOffset] = [0, 4];
/** On x86_64 the x32 calls have this bit, and the same architecture. */
const x32Bit = 0x40000000;
const returnEnosys = 0x00050000 | 38;
/** With these defaults a new call works, or a watcher is asked. */
const lenient: ReadonlySet<string> = new Set(["SCMP_ACT_ALLOW", "SCMP_ACT_LOG", "SCMP_ACT_TRACE", "SCMP_ACT_NOTIFY"]);

interface Unknown {
  readonly filter: Uint8Array;
  readonly archs: readonly number[];
  readonly profile: RuntimeSeccomp;
  /** A call's number on an architecture; negative when it has none. */
  readonly numberOf: (arch: number, name: string) => number;
}

/**
 * Puts a few instructions before a filter: ENOSYS for every number above the highest that the profile names, by
 * architecture. Profiles are older than kernels, and a C library that gets EPERM for a new call gives up where ENOSYS
 * would make it use the old one. (Known from runc's libcontainer/seccomp/patchbpf.)
 */
export function prependUnknown({ filter, archs, profile, numberOf }: Unknown): Uint8Array {
  if (lenient.has(profile.defaultAction)) return filter;
  const names = new Set(profile.syscalls.flatMap((rule) => rule.names));
  const highest = (arch: number): number => Math.max(-1, ...[...names].map((name) => numberOf(arch, name)));
  const blocks = archs
    .filter((arch) => arch !== X32 || !archs.includes(X86_64))
    .map((arch) => (arch === X86_64 ? x86Block(highest(arch), archs.includes(X32) ? highest(X32) : -1) : block(arch, highest(arch))))
    .filter((instructions) => instructions.length > 0);
  if (blocks.length === 0) return filter;
  const total = blocks.reduce((sum, instructions) => sum + instructions.length, 0);
  const out: Instruction[] = [[LOAD, 0, 0, archOffset]];
  for (const instructions of blocks) {
    // The last one of each block goes on to the filter, over the blocks that follow.
    out.push(...instructions, [JUMP, 0, 0, total + blocks.length - out.length - instructions.length]);
  }
  return Buffer.concat([encode(out), filter]);
}

type Instruction = readonly [code: number, whenTrue: number, whenFalse: number, operand: number];

/** For one architecture; skipped whole (with its closing jump) when the call is of another. */
function block(arch: number, highest: number): Instruction[] {
  if (highest < 0) return [];
  return [
    [JUMP_EQUAL, 0, 4, arch],
    [LOAD, 0, 0, numberOffset],
    [JUMP_GREATER, 0, 1, highest],
    [RETURN, 0, 0, returnEnosys],
  ];
}

/** x86_64 and x32 share the architecture; -1 for x32 when the profile leaves it to the filter. */
function x86Block(highest: number, highestX32: number): Instruction[] {
  if (highest < 0) return [];
  const x32 = highestX32 < 0 ? 0xffffffff : (highestX32 | x32Bit) >>> 0;
  return [
    [JUMP_EQUAL, 0, 6, X86_64],
    [LOAD, 0, 0, numberOffset],
    [JUMP_NOT_LESS, 0, 1, x32Bit],
    [JUMP_GREATER, 1, 2, x32],
    [JUMP_GREATER, 0, 1, highest],
    [RETURN, 0, 0, returnEnosys],
  ];
}

function encode(instructions: readonly Instruction[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(instructions.length * 8));
  instructions.forEach(([code, whenTrue, whenFalse, operand], index) => {
    bytes.setUint16(index * 8, code, true);
    bytes.setUint8(index * 8 + 2, whenTrue);
    bytes.setUint8(index * 8 + 3, whenFalse);
    bytes.setUint32(index * 8 + 4, operand, true);
  });
  return new Uint8Array(bytes.buffer);
}
