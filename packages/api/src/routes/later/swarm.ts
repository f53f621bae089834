import { fail } from "@berth/base";
import type { Route } from "@berth/http";
import type { CallHandler } from "../../call/call.ts";

/** Every read of the swarm family is answered as by a daemon that is in no swarm; clients expect it. */
const notManager: CallHandler = () => {
  throw fail(
    "unavailable",
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
  );
};

const notSupported: CallHandler = () => {
  throw fail("not-implemented", "swarm mode is not supported");
};

const managed = [
  ["GET", "/swarm"],
  ["GET", "/swarm/unlockkey"],
  ["POST", "/swarm/update"],
  ["POST", "/swarm/leave"],
  ["POST", "/swarm/unlock"],
  ...["services", "nodes", "tasks", "secrets", "configs"].flatMap((noun) => [
    ["GET", `/${noun}`],
    ["POST", `/${noun}/create`],
    ["GET", `/${noun}/{id}`],
    ["DELETE", `/${noun}/{id}`],
    ["POST", `/${noun}/{id}/update`],
    ["GET", `/${noun}/{id}/logs`],
  ]),
] as [string, string][];

export const swarmRoutes: readonly Route<CallHandler>[] = [
  ...managed.map(([method, path]) => ({ method, path, target: notManager })),
  { method: "POST", path: "/swarm/init", target: notSupported },
  { method: "POST", path: "/swarm/join", target: notSupported },
];
