import { dlopen, ptr } from "bun:ffi";

const TCSANOW = 0;
/** More than `struct termios` takes on any Linux (glibc: 60 bytes). */
const termiosBytes = 128;

/**
 * Puts a terminal into raw mode (cfmakeraw(3)): bytes pass as they are, in both directions. Node's own raw mode keeps
 * output processing on, which turns the line feeds of a program that moves the cursor into new lines.
 * @param fd a terminal; anything else is left alone
 * @returns puts the terminal back; calling it again does nothing
 */
export function enterRawMode(fd: number): () => void {
  const { symbols: libc } = dlopen("libc.so.6", {
    tcgetattr: { args: ["i32", "ptr"], returns: "i32" },
    tcsetattr: { args: ["i32", "i32", "ptr"], returns: "i32" },
    cfmakeraw: { args: ["ptr"], returns: "void" },
  });
  const before = new Uint8Array(termiosBytes);
  if (libc.tcgetattr(fd, ptr(before)) !== 0) return () => undefined;
  const raw = before.slice();
  libc.cfmakeraw(ptr(raw));
  libc.tcsetattr(fd, TCSANOW, ptr(raw));
  let active = true;
  return () => {
    if (active) libc.tcsetattr(fd, TCSANOW, ptr(before));
    active = false;
  };
}
