import type { Flag } from "../../../args/flag.ts";
import { accepted } from "../checks.ts";
import { parseMount } from "../mount.ts";

/** What the container finds in its file system besides the image. */
export const storageFlags: readonly Flag[] = [
  {
    name: "mount",
    type: "list",
    valueName: "mount",
    help: "Mount in words: type=bind,source=/data,target=/srv,readonly",
    check: accepted(parseMount),
  },
  { name: "read-only", type: "bool", help: "Forbid writing anywhere but in mounts" },
  { name: "storage-opt", type: "list", values: ["size="], help: "Setting of its writable layer, NAME=VALUE" },
  { name: "tmpfs", type: "list", help: "Folder kept in memory, e.g. /tmp:size=64m" },
  { name: "volume", short: "v", type: "list", values: "mount-source", help: "Show HOST_FOLDER:FOLDER[:ro] inside, e.g. ./site:/srv:ro" },
  { name: "volume-driver", type: "string", values: ["local"], help: "Driver of volumes that are made for it" },
  { name: "volumes-from", type: "list", values: "container", help: "Have the mounts of CONTAINER[:ro] too" },
];
