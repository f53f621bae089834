import { fail } from "@berth/base";
import type { ApiOptions } from "../ports.ts";

/** Checkpoints belong to Docker's experimental features: throws not-implemented, in Docker's words, on a daemon without them. */
export function refuseWithoutExperimental({ experimental }: Pick<ApiOptions, "experimental">): void {
  if (experimental) return;
  throw fail(
    "not-implemented",
    "This experimental feature is disabled by default. Start the Docker daemon in experimental mode in order to enable it.",
  );
}
