import { StatusError } from "../status.ts";

/**
 * Takes the terminal out of its line mode, so that every key goes to the container. The returned function puts it
 * back; so does every other way the process may end by itself.
 */
export async function enterTerminal(): Promise<() => void> {
  if (process.stdin.isTTY !== true) return () => undefined;
  const { enterRawMode } = await import("@berth/linux");
  const leave = enterRawMode(0);
  const restore = (): void => {
    process.off("exit", restore);
    leave();
  };
  process.on("exit", restore);
  return restore;
}

/**
 * Checks that a terminal can be used where one is asked for.
 * @throws when standard input is attached to a terminal's container but is none itself
 */
export function checkTerminal(attachStdin: boolean, tty: boolean): void {
  if (tty && attachStdin && process.stdin.isTTY !== true) {
    throw new StatusError(1, "the input device is not a TTY: leave -t out when the input comes from a pipe or a file");
  }
}
