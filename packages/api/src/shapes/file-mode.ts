/** st_mode's file types (inode(7)) and the bits that Go's os.FileMode has for them. */
const types: Readonly<Record<number, number>> = {
  0o040000: 2 ** 31,
  0o120000: 2 ** 27,
  0o060000: 2 ** 26,
  0o020000: 2 ** 26 + 2 ** 21,
  0o010000: 2 ** 25,
  0o140000: 2 ** 24,
};

/** A file's mode as a number of Go's os.FileMode, which Docker's API speaks. */
export function goFileMode(mode: number): number {
  const set = (bit: number, value: number): number => ((mode & bit) === 0 ? 0 : value);
  return (types[mode & 0o170000] ?? 0) + set(0o4000, 2 ** 23) + set(0o2000, 2 ** 22) + set(0o1000, 2 ** 20) + (mode & 0o777);
}
