import path from "node:path";

/** A command of `berth`: every way to write it, and its flags. */
export interface BerthCommand {
  readonly names: readonly string[];
  readonly flags: readonly string[];
}

/** The command table of this tree's `berth`; the first has the name "" and holds the flags before a command. */
export async function readBerthCommands(): Promise<readonly BerthCommand[]> {
  const main = path.resolve(import.meta.dir, "../../apps/berth/src/main.ts");
  const child = Bun.spawn([process.execPath, main, "debug", "commands"], { stdout: "pipe", stderr: "inherit" });
  const text = await new Response(child.stdout).text();
  if ((await child.exited) !== 0) throw new Error("berth debug commands failed");
  return JSON.parse(text) as BerthCommand[];
}
