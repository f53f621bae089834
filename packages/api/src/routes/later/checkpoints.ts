import { fail } from "@berth/base";
import type { Route } from "@berth/http";
import type { CallHandler } from "../../call/call.ts";

/** Checkpoints belong to Docker's experimental features: a daemon without them says so, and one with them that Berth has none yet. */
const refuse: CallHandler = ({ experimental }) => {
  throw fail(
    "not-implemented",
    experimental
      ? "not supported by this version of Berth: checkpoints"
      : "This experimental feature is disabled by default. Start the Docker daemon in experimental mode in order to enable it.",
  );
};

const calls: readonly (readonly [method: string, path: string])[] = [
  ["GET", "/containers/{name}/checkpoints"],
  ["POST", "/containers/{name}/checkpoints"],
  ["DELETE", "/containers/{name}/checkpoints/{checkpoint}"],
];

export const checkpointRoutes: readonly Route<CallHandler>[] = calls.map(([method, path]) => ({ method, path, target: refuse }));
