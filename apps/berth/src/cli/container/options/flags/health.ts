import type { Flag } from "../../../args/flag.ts";
import { healthAction } from "../extensions.ts";

/** How the engine finds out whether the container works; what is not given comes from the image. */
export const healthFlags: readonly Flag[] = [
  { name: "health-cmd", type: "string", help: "Command that tells by exit code 0 that all is well, e.g. 'nc -z localhost 80'" },
  { name: "health-interval", type: "duration", help: "Pause between two checks, e.g. 1m; else the image's, or 30s" },
  {
    name: "health-on-failure",
    type: "string",
    help: "Once it is unhealthy: none, restart, stop, or kill and let --restart decide",
    check: healthAction,
  },
  { name: "health-retries", type: "int", help: "Failures in a row until it counts as unhealthy; else the image's, or 3" },
  { name: "health-start-interval", type: "duration", help: "Pause between checks while it starts; else the image's, or 5s" },
  { name: "health-start-period", type: "duration", help: "Time to start in, e.g. 1m: failures do not count yet" },
  { name: "health-timeout", type: "duration", help: "A check that takes longer has failed; else the image's, or 30s" },
  { name: "no-healthcheck", type: "bool", help: "Ignore the check that the image brings" },
];
