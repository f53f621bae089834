import { open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf } from "@berth/base";
import { saveImages } from "@berth/client";
import type { Command } from "../command.ts";
import { StatusError } from "../status.ts";

/** `berth save`. A file appears only when it is whole. */
export const command: Command = {
  usage: "[OPTIONS] IMAGE [IMAGE...]",
  flags: [
    { name: "output", short: "o", type: "string", help: "File to write; else standard output" },
    { name: "platform", type: "string", help: "Of images for several, only this one, e.g. linux/amd64" },
  ],
  examples: ["berth save -o tools.tar tools:1", "berth save tools:1 | gzip > tools.tar.gz"],
  min: 1,
  run: async (context, parsed) => {
    const path = parsed.string("output");
    if (path === "" && context.stdout.isTerminal) {
      throw new StatusError(1, "an archive is nothing for a terminal: name a file with -o, or redirect the output");
    }
    if (path !== "") await checkOutput(path);
    const body = await saveImages(context.engine, parsed.args, parsed.string("platform"));
    if (body === null) throw new StatusError(1, "the engine sent nothing");
    if (path === "") {
      for await (const bytes of body) await context.stdout.write(bytes);
      return 0;
    }
    await writeWhole(path, body);
    return 0;
  },
};

async function checkOutput(path: string): Promise<void> {
  try {
    if (!(await stat(dirname(path))).isDirectory()) throw new Error("not a directory");
  } catch (error) {
    throw new StatusError(
      1,
      `failed to save image: invalid output path: directory ${JSON.stringify(dirname(path))} does not exist (${messageOf(error)})`,
    );
  }
  const existing = await stat(path).catch(() => undefined);
  if (existing?.isDirectory())
    throw new StatusError(1, `failed to save image: invalid output path: ${JSON.stringify(path)} is a directory`);
}

async function writeWhole(path: string, body: ReadableStream<Uint8Array>): Promise<void> {
  const temporary = `${path}.${process.pid}.part`;
  const file = await open(temporary, "wx", 0o600);
  try {
    for await (const bytes of body) await file.writeFile(bytes);
    await file.close();
    await rename(temporary, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
}
