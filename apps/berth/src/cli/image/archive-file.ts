import { open, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf } from "@berth/base";
import type { Output } from "../context/output.ts";
import { StatusError } from "../status.ts";

/**
 * Refuses a place that no archive can go to: a terminal, a folder that is missing.
 * @param path empty for standard output
 * @param options.what for the message: `save image`
 */
export async function checkArchiveTarget(path: string, options: { readonly output: Output; readonly what: string }): Promise<void> {
  if (path === "") {
    if (options.output.isTerminal) {
      throw new StatusError(1, "an archive is nothing for a terminal: name a file with -o, or redirect the output");
    }
    return;
  }
  const folder = JSON.stringify(dirname(path));
  try {
    if (!(await stat(dirname(path))).isDirectory()) throw new Error("not a directory");
  } catch (error) {
    throw new StatusError(1, `failed to ${options.what}: invalid output path: directory ${folder} does not exist (${messageOf(error)})`);
  }
  const existing = await stat(path).catch(() => undefined);
  if (existing?.isDirectory()) {
    throw new StatusError(1, `failed to ${options.what}: invalid output path: ${JSON.stringify(path)} is a directory`);
  }
}

/**
 * Writes an archive under another name first, so that a file of that name is always whole. A link is followed; a device or
 * a pipe is written to and never replaced.
 */
export async function writeWhole(path: string, body: AsyncIterable<Uint8Array>): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const existing = await stat(target).catch(() => undefined);
  if (existing !== undefined && !existing.isFile()) {
    const device = await open(target, "w");
    try {
      for await (const bytes of body) await device.writeFile(bytes);
    } finally {
      await device.close();
    }
    return;
  }
  const temporary = `${target}.${process.pid}.part`;
  const file = await open(temporary, "wx", 0o600);
  try {
    for await (const bytes of body) await file.writeFile(bytes);
    await file.close();
    await rename(temporary, target);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
}
