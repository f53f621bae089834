import type { Flag } from "../../../args/flag.ts";
import { accepted, deviceCgroupRule, sysctlValue } from "../checks.ts";
import { parseGpus } from "../gpus.ts";

/** What the container may do, and what it shares with the machine. */
export const securityFlags: readonly Flag[] = [
  { name: "cap-add", type: "list", values: "capability", help: "Grant a capability, e.g. NET_ADMIN; ALL for every one" },
  { name: "cap-drop", type: "list", values: "capability", help: "Take a capability away, e.g. CHOWN; ALL for every one" },
  { name: "cgroupns", type: "string", values: ["host", "private"], help: "See the machine's cgroups (host) or only its own (private)" },
  { name: "device", type: "list", help: "Device file to hand in, e.g. /dev/fuse or /dev/sda:/dev/xvda:r" },
  { name: "device-cgroup-rule", type: "list", help: "Devices it may open or make, e.g. 'c 189:* rmw'", check: deviceCgroupRule },
  { name: "disable-content-trust", type: "bool", help: "Without effect", fallback: "true", hidden: true },
  {
    name: "gpus",
    type: "string",
    valueName: "gpu-request",
    help: "Give it GPUs: all, or how many. Berth's own engine has no driver for them; use --device there",
    check: accepted(parseGpus),
  },
  { name: "group-add", type: "list", help: "Further group of its user, by name or number" },
  {
    name: "ipc",
    type: "string",
    values: ["host", "private", "shareable", "none", "container:"],
    help: "Shared memory: private, shareable, host, none or container:NAME",
  },
  { name: "pid", type: "string", values: ["host", "container:"], help: "See the processes of host or container:NAME too" },
  { name: "privileged", type: "bool", help: "Lift all protection: it can then do what root can here" },
  {
    name: "security-opt",
    type: "list",
    values: ["apparmor=", "no-new-privileges", "seccomp=", "systempaths=unconfined"],
    help: "no-new-privileges, seccomp=FILE, seccomp=unconfined, ...",
  },
  { name: "sysctl", type: "list", valueName: "map", help: "Kernel setting of its own, e.g. net.ipv4.ip_forward=1", check: sysctlValue },
  { name: "use-api-socket", type: "bool", help: "Hand in the engine's socket: it can then do all that you can" },
  { name: "user", short: "u", type: "string", help: "Run as USER[:GROUP], names or numbers, e.g. 1000:1000" },
  { name: "userns", type: "string", values: ["host"], help: "host: share the machine's user ids" },
  { name: "uts", type: "string", values: ["host"], help: "host: share the machine's own name" },
];
