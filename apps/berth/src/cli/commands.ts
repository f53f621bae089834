import type { Command } from "./command.ts";

/** A command as the list knows it: its names, and where to find it. Nothing of it is loaded before it is needed. */
export interface CommandEntry {
  /** Every way to write it; the first is the one that messages use. */
  readonly names: readonly string[];
  readonly summary: string;
  /** Where the top-level help shows it. */
  readonly group: "common" | "container" | "image" | "system" | "management";
  readonly load: () => Promise<{ readonly command: Command }>;
}

/** All commands. */
export const commands: readonly CommandEntry[] = [
  entry("common", "run, container run", "Create and run a new container from an image", () => import("./container/run.ts")),
  entry("common", "exec, container exec", "Execute a command in a running container", () => import("./container/exec.ts")),
  entry("common", "ps, container ls, container list, container ps", "List containers", () => import("./container/ls.ts")),
  entry("common", "images, image ls, image list", "List images", () => import("./image/ls.ts")),
  entry("common", "version", "Show the version of client and engine", () => import("./system/version.ts")),
  entry("common", "info, system info", "Display system-wide information", () => import("./system/info.ts")),
  entry(
    "container",
    "attach, container attach",
    "Attach local standard input, output, and error streams to a running container",
    () => import("./container/attach.ts"),
  ),
  entry("container", "create, container create", "Create a new container", () => import("./container/create.ts")),
  entry("container", "kill, container kill", "Kill one or more running containers", () => import("./container/kill.ts")),
  entry("container", "logs, container logs", "Fetch the logs of a container", () => import("./container/logs.ts")),
  entry("container", "pause, container pause", "Pause all processes within one or more containers", () => import("./container/pause.ts")),
  entry(
    "container",
    "port, container port",
    "List port mappings or a specific mapping for the container",
    () => import("./container/port.ts"),
  ),
  entry("container", "rename, container rename", "Rename a container", () => import("./container/rename.ts")),
  entry("container", "restart, container restart", "Restart one or more containers", () => import("./container/restart.ts")),
  entry("container", "rm, container rm, container remove", "Remove one or more containers", () => import("./container/rm.ts")),
  entry("container", "start, container start", "Start one or more stopped containers", () => import("./container/start.ts")),
  entry("container", "stop, container stop", "Stop one or more running containers", () => import("./container/stop.ts")),
  entry("container", "top, container top", "Display the running processes of a container", () => import("./container/top.ts")),
  entry(
    "container",
    "unpause, container unpause",
    "Unpause all processes within one or more containers",
    () => import("./container/unpause.ts"),
  ),
  entry(
    "container",
    "wait, container wait",
    "Block until one or more containers stop, then print their exit codes",
    () => import("./container/wait.ts"),
  ),
  entry("image", "history, image history", "Show the history of an image", () => import("./image/history.ts")),
  entry(
    "image",
    "import, image import",
    "Import the contents from a tarball to create a filesystem image",
    () => import("./image/import.ts"),
  ),
  entry("image", "load, image load", "Load an image from a tar archive or STDIN", () => import("./image/load.ts")),
  entry("image", "rmi, image rm, image remove", "Remove one or more images", () => import("./image/rm.ts")),
  entry(
    "image",
    "save, image save",
    "Save one or more images to a tar archive (streamed to STDOUT by default)",
    () => import("./image/save.ts"),
  ),
  entry("image", "tag, image tag", "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE", () => import("./image/tag.ts")),
  entry("system", "events, system events", "Get real time events from the engine", () => import("./system/events.ts")),
  entry(
    "system",
    "inspect",
    "Return low-level information on containers, images, networks and volumes",
    () => import("./system/inspect.ts"),
  ),
  entry(
    "management",
    "container inspect",
    "Display detailed information on one or more containers",
    () => import("./container/inspect.ts"),
  ),
  entry("management", "image inspect", "Display detailed information on one or more images", () => import("./image/inspect.ts")),
  entry("management", "image bootstrap", "Make a starter image on a machine without a registry", () => import("./image/bootstrap.ts")),
  entry("management", "network inspect", "Display detailed information on one or more networks", () => import("./network/inspect.ts")),
  entry("management", "network ls, network list", "List networks", () => import("./network/ls.ts")),
];

/** Words that only make sense with another one behind them. */
export const groups: Readonly<Record<string, string>> = {
  container: "Manage containers",
  image: "Manage images",
  network: "Manage networks",
  system: "Manage Berth",
};

/** The command that the words begin with, the words it was called by, and the rest of the words. */
export function findCommand(words: readonly string[]): { entry: CommandEntry; name: string; rest: readonly string[] } | undefined {
  for (const count of [2, 1]) {
    const name = words.slice(0, count).join(" ");
    const entry = words.length >= count ? commands.find((candidate) => candidate.names.includes(name)) : undefined;
    if (entry !== undefined) return { entry, name, rest: words.slice(count) };
  }
  return undefined;
}

function entry(group: CommandEntry["group"], names: string, summary: string, load: CommandEntry["load"]): CommandEntry {
  return { group, names: names.split(", "), summary, load };
}
