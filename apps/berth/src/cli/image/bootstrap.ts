import { Readable } from "node:stream";
import { readJsonLines } from "@berth/client";
import type { ProgressMessage } from "@berth/spec";
import type { Command } from "../command.ts";
import { runBootstrap } from "./bootstrap/command.ts";
import { bootstrapFlags } from "./bootstrap/flags.ts";

/** `berth image bootstrap`. What it tells while it works goes to stderr. */
export const command: Command = {
  usage: "[OPTIONS] busybox|debian",
  flags: bootstrapFlags,
  examples: ["berth image bootstrap busybox", "berth image bootstrap debian --tag base:1"],
  min: 1,
  max: 1,
  run: async (context, parsed) => {
    const options = ["mirror", "suite", "tag"].flatMap((name) => (parsed.has(name) ? [`--${name}=${parsed.string(name)}`] : []));
    let printed: Promise<void> = Promise.resolve();
    const code = await runBootstrap(
      [...options, ...parsed.args],
      async (path, archive) => {
        const body = Readable.toWeb(archive) as unknown as ReadableStream<Uint8Array>;
        const response = await context.engine.send({ method: "POST", path, body, contentType: "application/x-tar" });
        return readJsonLines<ProgressMessage>(response.body);
      },
      (line) => {
        printed = context.stderr.write(`${line}\n`);
      },
    );
    await printed;
    return code;
  },
};
