import type { Pointer } from "bun:ffi";
import type { Fd, Kernel } from "../ports.ts";
import { O_CLOEXEC, O_CREAT, O_EXCL, O_WRONLY } from "./constants.ts";
import { addressOf } from "./libc.ts";
import { cstring, type System } from "./system.ts";

/** System calls without a wrapper in Debian 12's C library; numbers from 424 on are the same everywhere. */
const [fsopen, fsconfig, fsmount, openat2] = [430, 431, 432, 437];
const [FSCONFIG_SET_FLAG, FSCONFIG_SET_STRING, FSCONFIG_CMD_CREATE, FSCONFIG_CMD_RECONFIGURE] = [0, 1, 6, 7];
const [closeOnExec, noSetUserIdNoDevices] = [1, 2 | 4];
const pageBytes = 65536;

/** File systems in memory that are mounted nowhere (fsopen(2), fsmount(2)). */
export function memoryFolderCalls({ libc, run }: System): Pick<Kernel, "memoryFolder"> {
  const number = (value: number): Pointer => value as Pointer;

  function configure(context: Fd, command: number, key: string | null, value: string | null): void {
    const [name, text] = [key === null ? null : cstring("fsconfig", key), value === null ? null : cstring("fsconfig", value)];
    const at = text === null ? 0n : addressOf(text);
    run("fsconfig", key, () => Number(libc.syscall(fsconfig, context, number(command), name, at, 0, 0)));
  }

  function writeFile(folder: Fd, name: string, bytes: Uint8Array): void {
    const path = cstring("openat2", name);
    const how = new Uint8Array(new BigUint64Array([BigInt(O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC), 0o555n, 0n]).buffer);
    const fd = run("openat2", name, () => Number(libc.syscall(openat2, folder, path, how, 24, 0, 0)));
    try {
      for (let at = 0; at < bytes.length; ) {
        const left = bytes.subarray(at);
        at += run("write", name, () => Number(libc.write(fd, left, left.length)));
      }
    } finally {
      libc.close(fd);
    }
  }

  return {
    memoryFolder: (files) => {
      const type = cstring("fsopen", "tmpfs");
      const context = run("fsopen", "tmpfs", () => Number(libc.syscall(fsopen, addressOf(type), number(closeOnExec), null, 0, 0, 0)));
      let folder: Fd | null = null;
      try {
        const room = Object.values(files).reduce((sum, bytes) => sum + Math.ceil(bytes.length / pageBytes) * pageBytes, pageBytes);
        configure(context, FSCONFIG_SET_STRING, "size", String(room));
        configure(context, FSCONFIG_SET_STRING, "mode", "0555");
        configure(context, FSCONFIG_CMD_CREATE, null, null);
        const mounted = (): number => Number(libc.syscall(fsmount, context, number(closeOnExec), number(noSetUserIdNoDevices), 0, 0, 0));
        folder = run("fsmount", "tmpfs", mounted);
        for (const [name, bytes] of Object.entries(files)) writeFile(folder, name, bytes);
        configure(context, FSCONFIG_SET_FLAG, "ro", null);
        configure(context, FSCONFIG_CMD_RECONFIGURE, null, null);
        return folder;
      } catch (error) {
        if (folder !== null) libc.close(folder);
        throw error;
      } finally {
        libc.close(context);
      }
    },
  };
}
