import type { Context } from "./command.ts";

/**
 * Does the same to several objects at once. Names are printed and errors told in the order they were given in.
 * @returns 1 when one failed
 */
export async function forEach(context: Context, names: readonly string[], act: (name: string) => Promise<string>): Promise<number> {
  let code = 0;
  const results = await Promise.allSettled(names.map(act));
  for (const result of results) {
    if (result.status === "fulfilled") {
      if (result.value !== "") await context.stdout.write(`${result.value}\n`);
    } else {
      const { reportOne } = await import("./report.ts");
      await reportOne(result.reason, context.stderr);
      code = 1;
    }
  }
  return code;
}
