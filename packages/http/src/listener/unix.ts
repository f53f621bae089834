import { chmodSync, chownSync, lstatSync, mkdirSync, renameSync, rmSync, type Stats } from "node:fs";
import type { Server } from "node:http";
import { connect } from "node:net";
import { basename, dirname, join } from "node:path";
import { fail } from "@berth/base";
import { listening } from "./listening.ts";

/** Longest path of a unix socket (sun_path, unix(7)), without the final zero. */
const maxPathBytes = 107;

/**
 * Listens on a unix socket with mode 0660. The socket gets its mode and group under another name and is then renamed, so that nobody finds
 * it half made; a socket that nobody answers on any more is replaced that way, one that answers is left alone.
 * @param options.groupId group that may connect besides root
 * @returns removes the socket again, unless somebody else's has taken its place
 * @throws conflict when another daemon answers on the path or something else is there
 */
export async function listenUnix(server: Server, options: { readonly path: string; readonly groupId: number | null }): Promise<() => void> {
  const { path, groupId } = options;
  await refuseTaken(path);
  mkdirSync(dirname(path), { recursive: true, mode: 0o711 });
  const temporary = join(dirname(path), `.${basename(path)}.${String(process.pid)}`);
  if (Buffer.byteLength(temporary) > maxPathBytes) throw fail("invalid", `unix socket path is too long: ${path}`);
  rmSync(temporary, { force: true });
  await listening(server, () => server.listen(temporary), path);
  chmodSync(temporary, 0o660);
  if (groupId !== null) chownSync(temporary, process.geteuid?.() ?? 0, groupId);
  renameSync(temporary, path);
  const made = lstatSync(path);
  return () => {
    const present = statOrNull(path);
    if (present !== null && present.ino === made.ino && present.dev === made.dev) rmSync(path, { force: true });
  };
}

async function refuseTaken(path: string): Promise<void> {
  const present = statOrNull(path);
  if (present === null) return;
  if (!present.isSocket()) throw fail("conflict", `can't create unix socket ${path}: something that is no socket is there`);
  if (await answers(path)) throw fail("conflict", `can't create unix socket ${path}: another process answers there`);
}

function statOrNull(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null;
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    const settle = (result: boolean): void => {
      probe.destroy();
      resolve(result);
    };
    probe.once("connect", () => settle(true));
    probe.once("error", () => settle(false));
  });
}
