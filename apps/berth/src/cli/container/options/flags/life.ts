import type { Flag } from "../../../args/flag.ts";
import { attachStream } from "../checks.ts";

/** How the container starts and ends, and the user's terminal. */
export const lifeFlags: readonly Flag[] = [
  {
    name: "attach",
    short: "a",
    type: "list",
    values: ["stdin", "stdout", "stderr"],
    help: "Connect only stdin, stdout or stderr with this terminal",
    check: attachStream,
  },
  { name: "init", type: "bool", help: "Have a small init as process 1 that passes signals on and clears away the dead" },
  { name: "interactive", short: "i", type: "bool", help: "Feed your input to the container" },
  { name: "isolation", type: "string", values: ["default"], help: "Only 'default' exists on Linux" },
  { name: "platform", type: "string", help: "Variant of the image, e.g. linux/arm64" },
  {
    name: "pull",
    type: "string",
    values: ["always", "missing", "never"],
    help: "Fetch the image first: always, never, or if missing",
    fallback: "missing",
  },
  { name: "quiet", short: "q", type: "bool", help: "Show no progress of a fetch" },
  { name: "requires", type: "list", values: "container", help: "Start NAME first, or NAME:healthy and wait until it is healthy" },
  {
    name: "restart",
    type: "string",
    values: ["no", "always", "on-failure", "on-failure:", "unless-stopped"],
    help: "When to start again: no, on-failure[:TRIES], always, unless-stopped",
    fallback: "no",
  },
  { name: "restart-delay", type: "duration", help: "Wait before the first restart, doubled each time; else the daemon's, 100ms" },
  { name: "restart-max-delay", type: "duration", help: "Longest wait before a restart; else the daemon's, 1m" },
  { name: "restart-reset", type: "duration", help: "After a run of this length waits begin anew; else the daemon's, 10s" },
  { name: "rm", type: "bool", help: "Delete the container and its nameless volumes once it has ended" },
  { name: "runtime", type: "string", help: "OCI runtime, e.g. crun or runc" },
  { name: "stop-signal", type: "string", values: "signal", help: "How 'stop' asks it to end, e.g. SIGINT; else SIGTERM" },
  { name: "stop-timeout", type: "int", help: "Seconds that 'stop' waits before it kills; else 10" },
  { name: "tty", short: "t", type: "bool", help: "Give it a terminal; with -i for shells" },
];
