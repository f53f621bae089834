import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { AT_FDCWD, openKernel, S_IFCHR, S_IFIFO } from "@berth/linux";
import { lookupUser } from "./lookup.ts";

const folder = mkdtempSync(path.join(tmpdir(), "berth-users-"));
const kernel = openKernel();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function rootWith(name: string, make: (etc: string) => void): string {
  const root = path.join(folder, name);
  mkdirSync(path.join(root, "etc"), { recursive: true });
  make(path.join(root, "etc"));
  return root;
}

test("names come from the container's own file, also by links that stay inside", () => {
  const rootfs = rootWith("link", (etc) => {
    writeFileSync(path.join(etc, "users"), "web:x:1000:1001::/home/web:/bin/sh\n");
    symlinkSync("/etc/users", path.join(etc, "passwd"));
  });
  expect(lookupUser({ kernel, rootfs, user: "web", groups: [] })).toMatchObject({ uid: 1000, gid: 1001, home: "/home/web" });
});

test.each([
  ["a device", S_IFCHR, 1, 5],
  ["a pipe", S_IFIFO, 0, 0],
])("%s in place of the file is never opened", (name, type, major, minor) => {
  const rootfs = rootWith(name, (etc) => kernel.mknodat(AT_FDCWD, path.join(etc, "passwd"), type | 0o644, major, minor));
  const opened: number[] = [];
  const watched = {
    ...kernel,
    openat2: (...args: Parameters<typeof kernel.openat2>) => {
      const fd = kernel.openat2(...args);
      opened.push(kernel.statx(fd, "", 0x1000).mode & ((args[2].flags & 0o10000000) === 0 ? type : 0));
      return fd;
    },
  };
  expect(lookupUser({ kernel: watched, rootfs, user: "7", groups: [] })).toMatchObject({ uid: 7, gid: 0 });
  expect(opened).not.toContain(type);
  expect(() => lookupUser({ kernel, rootfs, user: "web", groups: [] })).toThrow("unable to find user web");
});
