import { mkdir, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import type { ImagesContext } from "../context.ts";

/** A folder for one load; removed by `await using`, whatever happens. */
export async function openStaging(
  context: Pick<ImagesContext, "paths" | "blocking" | "steps">,
): Promise<{ readonly path: string } & AsyncDisposable> {
  await mkdir(context.paths.staging, { recursive: true, mode: 0o700 });
  const path = await context.steps.run("load.stage", () => mkdtemp(join(context.paths.staging, "load-")));
  return { path, [Symbol.asyncDispose]: () => context.blocking.removeTree(path) };
}
