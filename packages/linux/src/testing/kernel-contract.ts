import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_REMOVEDIR,
  AT_SYMLINK_NOFOLLOW,
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  RENAME_EXCHANGE,
  RENAME_NOREPLACE,
  RESOLVE_BENEATH,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_SYMLINKS,
  S_IFCHR,
  S_IFIFO,
  S_IFMT,
  S_IFREG,
} from "../kernel/constants.ts";
import { KernelError } from "../kernel-error.ts";
import type { Fd, Kernel } from "../ports.ts";

/** A kernel under test and an empty folder in it, open for reading. */
export interface KernelUnderTest {
  readonly kernel: Kernel;
  readonly root: Fd;
  readonly destroy: () => void;
}

/** What the file, pipe and process calls of every {@link Kernel} must do. */
export function kernelContract(name: string, open: () => KernelUnderTest): void {
  describe(`${name} as a Kernel`, () => {
    let kernel: Kernel;
    let root: Fd;
    let host: KernelUnderTest;
    beforeEach(() => {
      host = open();
      ({ kernel, root } = host);
    });
    afterEach(() => {
      kernel.close(root);
      host.destroy();
    });

    const create = O_WRONLY | O_CREAT;
    const openAt = (path: string, flags: number, resolve = 0): Fd =>
      kernel.openat2(root, path, { flags, resolve, ...((flags & O_CREAT) === 0 ? {} : { mode: 0o640 }) });
    function put(path: string, text: string): void {
      const fd = openAt(path, create | O_TRUNC);
      expect(kernel.write(fd, Buffer.from(text))).toBe(text.length);
      kernel.close(fd);
    }
    function get(path: string, resolve = 0): string {
      const fd = openAt(path, O_RDONLY, resolve);
      const into = new Uint8Array(100);
      const length = kernel.read(fd, into);
      expect(kernel.read(fd, into.subarray(50))).toBe(0);
      kernel.close(fd);
      return Buffer.from(into.subarray(0, length)).toString();
    }
    function code(work: () => unknown): string {
      try {
        work();
      } catch (error) {
        if (error instanceof KernelError) return error.code;
        throw error;
      }
      return "nothing";
    }
    const names = (): string[] => kernel.readdir(root).sort();
    const stat = (path: string) => kernel.statx(root, path, AT_SYMLINK_NOFOLLOW);

    test("makes, reads, appends to and cuts a file", () => {
      put("file", "hello");
      expect(get("file")).toBe("hello");
      const fd = openAt("file", O_WRONLY | O_APPEND);
      kernel.write(fd, Buffer.from(" there"));
      kernel.close(fd);
      expect(get("file")).toBe("hello there");
      expect(stat("file")).toMatchObject({ sizeBytes: 11, nlink: 1, uid: 0, gid: 0, mode: S_IFREG | 0o640 });
      put("file", "x");
      expect(get("file")).toBe("x");
    });

    test("leaves holes in a file, and gives it a size", () => {
      put("holes", "");
      const fd = openAt("holes", O_WRONLY);
      kernel.write(fd, Buffer.from("ab"));
      kernel.skip(fd, 5);
      kernel.write(fd, Buffer.from("c"));
      kernel.truncate(fd, 10);
      kernel.close(fd);
      const again = openAt("holes", O_RDONLY);
      const into = Buffer.alloc(20);
      expect([kernel.read(again, into), into.toString("latin1", 0, 10)]).toEqual([10, "ab\0\0\0\0\0c\0\0"]);
      kernel.skip(again, 3);
      expect(kernel.read(again, into)).toBe(0);
      kernel.close(again);
      const cut = openAt("holes", O_WRONLY);
      kernel.truncate(cut, 1);
      kernel.close(cut);
      expect(stat("holes").sizeBytes).toBe(1);
    });

    test("names call, path and errno in an error", () => {
      try {
        openAt("missing", O_RDONLY);
        throw new Error("nothing was thrown");
      } catch (error) {
        expect(error).toBeInstanceOf(KernelError);
        expect(error).toMatchObject({ kind: "not-found", call: "openat2", path: "missing", errno: 2, code: "ENOENT" });
      }
    });

    test("refuses what openat2 refuses", () => {
      put("file", "");
      kernel.mkdirat(root, "dir", 0o755);
      kernel.symlinkat("file", root, "link");
      expect(code(() => openAt("file", create | O_EXCL))).toBe("EEXIST");
      expect(code(() => openAt("link", create | O_EXCL))).toBe("EEXIST");
      expect(code(() => openAt("file", O_RDONLY | O_DIRECTORY))).toBe("ENOTDIR");
      expect(code(() => openAt("dir", O_RDWR))).toBe("EISDIR");
      expect(code(() => openAt("link", O_RDONLY | O_NOFOLLOW))).toBe("ELOOP");
      expect(code(() => openAt("file/x", O_RDONLY))).toBe("ENOTDIR");
      expect(code(() => openAt("", O_RDONLY))).toBe("ENOENT");
      expect(code(() => openAt("file\0.txt", O_RDONLY))).toBe("EINVAL");
      kernel.close(openAt("link", O_PATH | O_NOFOLLOW));
      expect(code(() => kernel.close(999_999))).toBe("EBADF");
    });

    test("stays inside with RESOLVE_IN_ROOT, and refuses to leave with RESOLVE_BENEATH", () => {
      kernel.mkdirat(root, "etc", 0o755);
      put("etc/passwd", "inside");
      kernel.symlinkat("/etc/passwd", root, "absolute");
      kernel.symlinkat("../../../etc/passwd", root, "etc/up");
      for (const path of ["/etc/passwd", "../../etc/passwd", "absolute", "etc/up", "etc/../etc/./passwd"])
        expect(get(path, RESOLVE_IN_ROOT)).toBe("inside");
      for (const path of ["/etc/passwd", "../etc/passwd", "absolute", "etc/up"])
        expect(code(() => openAt(path, O_RDONLY, RESOLVE_BENEATH))).toBe("EXDEV");
      expect(get("etc/passwd", RESOLVE_BENEATH)).toBe("inside");
      expect(code(() => openAt("absolute", O_RDONLY, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS))).toBe("ELOOP");
    });

    test("follows links to links, and stops at a loop", () => {
      put("file", "end");
      kernel.symlinkat("file", root, "one");
      kernel.symlinkat("one", root, "two");
      expect(get("two")).toBe("end");
      expect(kernel.readlinkat(root, "two")).toBe("one");
      expect(code(() => kernel.readlinkat(root, "file"))).toBe("EINVAL");
      kernel.symlinkat("loop", root, "loop");
      expect(code(() => openAt("loop", O_RDONLY))).toBe("ELOOP");
    });

    test("lists a folder, also by O_PATH", () => {
      for (const each of ["b", "a", "é"]) put(each, "");
      kernel.mkdirat(root, "dir", 0o700);
      expect(names()).toEqual(["a", "b", "dir", "é"]);
      const fd = openAt("dir", O_PATH | O_DIRECTORY);
      expect(kernel.readdir(fd)).toEqual([]);
      kernel.close(fd);
    });

    test("removes files and folders by the right call only", () => {
      put("file", "");
      kernel.mkdirat(root, "dir", 0o755);
      put("dir/file", "");
      expect(code(() => kernel.unlinkat(root, "dir", 0))).toBe("EISDIR");
      expect(code(() => kernel.unlinkat(root, "dir", AT_REMOVEDIR))).toBe("ENOTEMPTY");
      expect(code(() => kernel.unlinkat(root, "file", AT_REMOVEDIR))).toBe("ENOTDIR");
      expect(code(() => kernel.unlinkat(root, "none", 0))).toBe("ENOENT");
      kernel.unlinkat(root, "dir/file", 0);
      kernel.unlinkat(root, "dir", AT_REMOVEDIR);
      kernel.unlinkat(root, "file", 0);
      expect(names()).toEqual([]);
      kernel.mkdirat(root, "dir", 0o755);
      expect(code(() => kernel.mkdirat(root, "dir", 0o755))).toBe("EEXIST");
    });

    test("renames, with and without replacing, and exchanges", () => {
      put("a", "A");
      put("b", "B");
      kernel.mkdirat(root, "dir", 0o755);
      expect(code(() => kernel.renameat2(root, "a", root, "b", RENAME_NOREPLACE))).toBe("EEXIST");
      kernel.renameat2(root, "a", root, "b", RENAME_EXCHANGE);
      expect([get("a"), get("b")]).toEqual(["B", "A"]);
      kernel.renameat2(root, "a", root, "b", 0);
      expect([names(), get("b")]).toEqual([["b", "dir"], "B"]);
      expect(code(() => kernel.renameat2(root, "b", root, "dir", 0))).toBe("EISDIR");
      expect(code(() => kernel.renameat2(root, "dir", root, "b", 0))).toBe("ENOTDIR");
      expect(code(() => kernel.renameat2(root, "dir", root, "dir/in", 0))).toBe("EINVAL");
      expect(code(() => kernel.renameat2(root, "none", root, "c", 0))).toBe("ENOENT");
      kernel.renameat2(root, "b", root, "dir/b", 0);
      expect(get("dir/b")).toBe("B");
    });

    test("links a file twice", () => {
      put("a", "same");
      kernel.linkat(root, "a", root, "b", 0);
      expect([stat("a").nlink, stat("b").inode === stat("a").inode, get("b")]).toEqual([2, true, "same"]);
      kernel.unlinkat(root, "a", 0);
      expect([stat("b").nlink, get("b")]).toEqual([1, "same"]);
      kernel.mkdirat(root, "dir", 0o755);
      expect(code(() => kernel.linkat(root, "dir", root, "c", 0))).toBe("EPERM");
    });

    test("makes devices and FIFOs", () => {
      kernel.mknodat(root, "whiteout", S_IFCHR | 0o600, 0, 0);
      kernel.mknodat(root, "device", S_IFCHR | 0o600, 259, 70_000);
      kernel.mknodat(root, "pipe", S_IFIFO | 0o600, 0, 0);
      expect(stat("whiteout").mode & S_IFMT).toBe(S_IFCHR);
      expect(stat("device")).toMatchObject({ rdevMajor: 259, rdevMinor: 70_000 });
      expect(stat("pipe").mode & S_IFMT).toBe(S_IFIFO);
    });

    test("changes owner, mode and times of the file itself, never through a link", () => {
      put("file", "");
      kernel.symlinkat("file", root, "link");
      kernel.fchownat(root, "file", 7, 8, AT_SYMLINK_NOFOLLOW);
      kernel.fchmodat(root, "file", 0o4755);
      kernel.utimensat(root, "file", 5n, -1_500_000_001n, AT_SYMLINK_NOFOLLOW);
      expect(stat("file")).toMatchObject({ uid: 7, gid: 8, mode: S_IFREG | 0o4755, atimeNs: 5n, mtimeNs: -1_500_000_001n });
      kernel.fchownat(root, "link", 9, 9, AT_SYMLINK_NOFOLLOW);
      expect([stat("link").uid, stat("file").uid]).toEqual([9, 7]);
      expect(code(() => kernel.fchmodat(root, "link", 0o777))).toBe("ENOTSUP");
      kernel.fchownat(root, "file", 1, 1, AT_SYMLINK_NOFOLLOW);
      expect(stat("file").mode & 0o7777).toBe(0o755);
      const fd = openAt("file", O_PATH);
      kernel.fchmodat(fd, "", 0o600);
      kernel.fchownat(fd, "", 2, 3, AT_EMPTY_PATH);
      expect(kernel.statx(fd, "", AT_EMPTY_PATH)).toMatchObject({ uid: 2, gid: 3, mode: S_IFREG | 0o600 });
      kernel.close(fd);
    });

    test("keeps extended attributes, also of folders", () => {
      kernel.mkdirat(root, "dir", 0o755);
      const path = `/proc/self/fd/${root}/dir`;
      kernel.lsetxattr(path, "trusted.overlay.opaque", Buffer.from("y"));
      kernel.lsetxattr(path, "trusted.empty", new Uint8Array(0));
      expect(Buffer.from(kernel.lgetxattr(path, "trusted.overlay.opaque") ?? []).toString()).toBe("y");
      expect(kernel.lgetxattr(path, "trusted.empty")?.length).toBe(0);
      expect(kernel.lgetxattr(path, "trusted.none")).toBeNull();
      expect(
        kernel
          .llistxattr(path)
          .filter((each) => each.startsWith("trusted."))
          .sort(),
      ).toEqual(["trusted.empty", "trusted.overlay.opaque"]);
      kernel.lremovexattr(path, "trusted.empty");
      expect(code(() => kernel.lremovexattr(path, "trusted.empty"))).toBe("ENODATA");
      expect(code(() => kernel.lgetxattr(`${path}/none`, "trusted.x"))).toBe("ENOENT");
    });

    test("sees an open file by /proc/self/fd after a rename", () => {
      put("a", "content");
      const fd = openAt("a", O_PATH);
      kernel.renameat2(root, "a", root, "b", 0);
      const again = kernel.openat2(AT_FDCWD, `/proc/self/fd/${fd}`, { flags: O_RDONLY, resolve: 0 });
      const into = new Uint8Array(20);
      expect(kernel.read(again, into)).toBe(7);
      expect(kernel.readlinkat(AT_FDCWD, `/proc/self/fd/${fd}`).endsWith("/b")).toBe(true);
      expect(code(() => kernel.read(fd, into))).toBe("EBADF");
      kernel.close(again);
      kernel.close(fd);
    });

    test("carries bytes through a pipe, and tells its end and a lost reader", () => {
      const [read, write] = kernel.pipe2(O_NONBLOCK);
      const into = new Uint8Array(10);
      expect(code(() => kernel.read(read, into))).toBe("EAGAIN");
      expect(kernel.write(write, Buffer.from("abc"))).toBe(3);
      expect(kernel.read(read, into.subarray(0, 2))).toBe(2);
      const other = kernel.dup(write);
      kernel.close(write);
      expect(kernel.write(other, new Uint8Array(200_000))).toBeLessThanOrEqual(65_536);
      expect(code(() => kernel.write(other, new Uint8Array(200_000)))).toBe("EAGAIN");
      kernel.close(other);
      while (kernel.read(read, new Uint8Array(70_000)) > 0);
      kernel.close(read);
      const [lost, end] = kernel.pipe2(0);
      kernel.close(lost);
      expect(code(() => kernel.write(end, into))).toBe("EPIPE");
      kernel.close(end);
    });

    test("locks a file against another opening of it, until it is closed", () => {
      put("lock", "");
      const [first, second] = [openAt("lock", O_RDWR), openAt("lock", O_RDWR)];
      expect([kernel.tryLock(first, true), kernel.tryLock(second, true), kernel.tryLock(second, false)]).toEqual([true, false, false]);
      kernel.close(first);
      expect(kernel.tryLock(second, true)).toBe(true);
      kernel.close(second);
    });

    test("finds no process that is not there, and takes no group for one", () => {
      expect(kernel.pidfdOpen(4_194_305)).toBeNull();
      expect(kernel.kill(4_194_305, 0)).toBe(false);
      for (const pid of [0, -1, -5, 1.5, Number.NaN]) expect(code(() => kernel.kill(pid, 0))).toBe("EINVAL");
    });

    test("gives back the umask", () => {
      const before = kernel.umask(0o027);
      expect(kernel.umask(before)).toBe(0o027);
    });
  });
}
