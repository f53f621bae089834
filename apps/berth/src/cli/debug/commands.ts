import { commands } from "../commands.ts";
import { globalFlags } from "../globals.ts";

/**
 * `berth debug commands`: every command with its names and flags as JSON, also those that no help shows; the page of
 * compatibility is made from it.
 * @returns the exit code
 */
export async function debugCommands(): Promise<number> {
  const listed = await Promise.all(
    commands.map(async ({ names, load }) => ({ names, flags: (await load()).command.flags.map(({ name }) => name) })),
  );
  const all = [{ names: [""], flags: globalFlags.map(({ name }) => name) }, ...listed];
  process.stdout.write(`${JSON.stringify(all)}\n`);
  return 0;
}
