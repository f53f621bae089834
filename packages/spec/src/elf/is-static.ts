/** Program header that names a dynamic loader (elf(5), PT_INTERP). */
const interpreterHeader = 3;

/** Whether `program` is a 64-bit little-endian ELF program that runs without a loader. */
export function isStaticElf(program: Buffer): boolean {
  const elf = program.length > 64 && program.readUInt32BE(0) === 0x7f454c46 && program[4] === 2 && program[5] === 1;
  if (!elf) return false;
  const offset = Number(program.readBigUInt64LE(32));
  const entryBytes = program.readUInt16LE(54);
  const count = program.readUInt16LE(56);
  if (offset + entryBytes * count > program.length) return false;
  for (let at = 0; at < count; at++) if (program.readUInt32LE(offset + at * entryBytes) === interpreterHeader) return false;
  return true;
}
