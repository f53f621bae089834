import { fail } from "@berth/base";
import type { Route } from "@berth/http";
import type { CallHandler } from "../../call/call.ts";

/** Endpoints that Docker has and this engine does not: they are told apart from addresses that do not exist. */
const unsupported: readonly (readonly [method: string, path: string, what: string])[] = [
  ["POST", "/auth", "logging in to a registry"],
  ["GET", "/system/df", "disk usage"],
  ["GET", "/distribution/{name:path}/json", "asking a registry for an image"],
  ["POST", "/session", "BuildKit sessions"],
  ["POST", "/grpc", "BuildKit"],
  ["POST", "/build", "building images"],
  ["POST", "/build/prune", "pruning the build cache"],
  ["POST", "/build/cancel", "cancelling a build"],
  ["GET", "/images/search", "searching a registry"],
  ["POST", "/images/prune", "pruning images"],
  ["POST", "/networks/prune", "pruning networks"],
  ["POST", "/networks/{id}/connect", "connecting a container to a network"],
  ["POST", "/networks/{id}/disconnect", "disconnecting a container from a network"],
  ["POST", "/volumes/prune", "pruning volumes"],
  ["PUT", "/volumes/{name}", "changing volumes"],
  ["GET", "/plugins/privileges", "plugins"],
  ["POST", "/plugins/pull", "plugins"],
  ["POST", "/plugins/create", "plugins"],
  ["GET", "/plugins/{name:path}/json", "plugins"],
  ["POST", "/plugins/{name:path}/{verb}", "plugins"],
  ["DELETE", "/plugins/{name:path}", "plugins"],
];

export const unsupportedRoutes: readonly Route<CallHandler>[] = unsupported.map(([method, path, what]) => ({
  method,
  path,
  target: () => {
    throw fail("not-implemented", `not supported by this version of Berth: ${what}`);
  },
}));
