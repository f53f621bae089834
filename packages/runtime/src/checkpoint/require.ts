import path from "node:path";
import { fail } from "@berth/base";
import { findProgram } from "../oci/find.ts";

/**
 * Sees whether checkpoints of a container can be made and used at all.
 * @throws conflict when its runtime cannot; unavailable when criu is not installed
 */
export async function requireCheckpoints(options: {
  readonly name: string;
  readonly runtime: string;
  readonly runtimePath: string;
}): Promise<void> {
  const { name, runtime, runtimePath } = options;
  if (path.basename(runtimePath) !== "runc") {
    throw fail(
      "conflict",
      `container ${name} is run by ${runtime}, which has no checkpoints: only runc has (make the container with --runtime runc)`,
    );
  }
  if ((await findProgram("criu")) === null) throw fail("unavailable", "criu is not installed: apt install criu");
}
