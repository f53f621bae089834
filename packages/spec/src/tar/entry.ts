/** What a tar entry is. */
export type TarType = "file" | "link" | "symlink" | "char" | "block" | "directory" | "fifo";

/** One entry of a tar archive, with what pax and GNU records say about it already put in. */
export interface TarEntry {
  /** Path as it stands in the archive: nothing is cleaned or checked. */
  readonly name: string;
  readonly type: TarType;
  /** Permission bits with setuid, setgid and sticky (0o7777). */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of data that follow; 0 for all but files. */
  readonly sizeBytes: number;
  /** Nanoseconds since the epoch. */
  readonly mtimeNs: bigint;
  /** Target of a hard or symbolic link; empty for others. */
  readonly linkName: string;
  readonly deviceMajor: number;
  readonly deviceMinor: number;
  /** Extended attributes (pax `SCHILY.xattr.`), null when there are none. */
  readonly xattrs: ReadonlyMap<string, Uint8Array> | null;
}

/** Length of a header and unit that data is padded to. */
export const tarBlockBytes = 512;

/** Type flags of the header (ustar, and `S` and so on by GNU) that stand for an entry. */
export const tarTypeFlags: Readonly<Record<TarType, string>> = {
  file: "0",
  link: "1",
  symlink: "2",
  char: "3",
  block: "4",
  directory: "5",
  fifo: "6",
};
