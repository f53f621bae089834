import * as fs from "node:fs";
import { promisify } from "node:util";
import { isNodeErrno } from "./node-errno.ts";

/** A small file that stays open. */
export interface KeptFile {
  /** All of its text as it is now; null when what it belongs to is gone. */
  read(): string | null;
  close(): void;
}

/** The files of /sys/fs/cgroup and /proc that control groups are driven by. */
export interface CgroupFiles {
  /** The text of a small file, null when it is missing (or its process is gone). */
  read(path: string): string | null;
  /** Opens a file for many reads; null when it is missing. */
  keep(path: string): KeptFile | null;
  /** One write(2) to a file that is there. */
  write(path: string, text: string): void;
  /** The same in another thread: for a write that may block in the kernel. */
  writeAside(path: string, text: string): Promise<void>;
  /** false when it was there already. */
  mkdir(path: string): boolean;
  /** false when it was missing. */
  rmdir(path: string): boolean;
  exists(path: string): boolean;
  /** Names of the folders in a folder; none when it is missing. */
  folders(path: string): readonly string[];
}

const writeLater = promisify(fs.write);
const largestRead = 1 << 20;

/** The real files. One buffer serves every read: they come often, and are small. */
export function realCgroupFiles(): CgroupFiles {
  let buffer = Buffer.allocUnsafe(8192);
  function open(path: string): number | null {
    try {
      return fs.openSync(path, "r");
    } catch (error) {
      if (isNodeErrno(error, "ENOENT", "ENODEV", "ESRCH", "ENOTDIR")) return null;
      throw error;
    }
  }
  function readAll(fd: number): string | null {
    try {
      for (let length = 0; ; ) {
        const more = fs.readSync(fd, buffer, length, buffer.length - length, length);
        length += more;
        if (more === 0 || length >= largestRead) return buffer.toString("latin1", 0, length);
        if (length === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2);
      }
    } catch (error) {
      // The cgroup or the process went away after the open.
      if (isNodeErrno(error, "ENODEV", "ESRCH")) return null;
      throw error;
    }
  }
  return {
    read: (path) => {
      const fd = open(path);
      if (fd === null) return null;
      try {
        return readAll(fd);
      } finally {
        fs.closeSync(fd);
      }
    },
    keep: (path) => {
      const fd = open(path);
      if (fd === null) return null;
      return { read: () => readAll(fd), close: () => fs.closeSync(fd) };
    },
    write: (path, text) => {
      const fd = fs.openSync(path, "r+");
      try {
        fs.writeSync(fd, text);
      } finally {
        fs.closeSync(fd);
      }
    },
    writeAside: async (path, text) => {
      const fd = fs.openSync(path, "r+");
      try {
        await writeLater(fd, text);
      } finally {
        fs.closeSync(fd);
      }
    },
    mkdir: (path) => {
      try {
        fs.mkdirSync(path, 0o755);
        return true;
      } catch (error) {
        if (isNodeErrno(error, "EEXIST")) return false;
        throw error;
      }
    },
    rmdir: (path) => {
      try {
        fs.rmdirSync(path);
        return true;
      } catch (error) {
        if (isNodeErrno(error, "ENOENT", "ENOTDIR")) return false;
        throw error;
      }
    },
    exists: (path) => fs.existsSync(path),
    folders: (path) => {
      try {
        return fs
          .readdirSync(path, { withFileTypes: true })
          .filter((entry) => entry.isDirectory())
          .map((entry) => entry.name);
      } catch (error) {
        if (isNodeErrno(error, "ENOENT", "ENOTDIR", "ENODEV")) return [];
        throw error;
      }
    },
  };
}
