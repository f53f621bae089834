import { fail, messageOf } from "@berth/base";
import type { Command } from "../command.ts";
import { largestArchiveBytes, readArchive } from "./store/archive.ts";
import { complaintAbout } from "./store/stored.ts";
import { contextExists, writeContext } from "./store/write.ts";

/** `berth context import`. */
export const command: Command = {
  usage: "CONTEXT FILE|-",
  flags: [],
  examples: [
    { line: "berth context export default given.tar", does: "A context in a file, as somebody may send it" },
    { line: "berth context import given given.tar", does: "Bring it in under a name of your own" },
    { line: "berth context import given2 - < given.tar", does: "The same from standard input" },
  ],
  seeAlso: ["context export"],
  local: true,
  min: 2,
  max: 2,
  run: async (context, parsed) => {
    const name = parsed.arg(0);
    const complaint = complaintAbout(name);
    if (complaint !== undefined) throw fail("invalid", complaint);
    const { directory } = context.config;
    if (contextExists(directory, name)) throw fail("conflict", `context ${JSON.stringify(name)} already exists`);
    const { stored, tls } = await readArchive(await readInput(parsed.arg(1)));
    writeContext(directory, { ...stored, name }, tls);
    await context.stdout.write(`${name}\n`);
    await context.stderr.write(`Successfully imported context "${name}"\n`);
    return 0;
  },
};

async function readInput(path: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    const source = path === "-" ? Bun.stdin : Bun.file(path);
    for await (const bytes of source.stream()) {
      parts.push(bytes);
      size += bytes.length;
      if (size > largestArchiveBytes) throw new Error(`it is larger than ${largestArchiveBytes} bytes`);
    }
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw fail("invalid", missing ? `open ${path}: no such file or directory` : `${path} cannot be read: ${messageOf(error)}`, error);
  }
  return Buffer.concat(parts);
}
