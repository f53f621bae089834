import type { Command } from "./command.ts";

/** A command as the list knows it: its names, and where to find it. Nothing of it is loaded before it is needed. */
export interface CommandEntry {
  /** Every way to write it; the first is the one that messages use. */
  readonly names: readonly string[];
  readonly summary: string;
  /** Where the top-level help shows it. */
  readonly group: "common" | "container" | "image" | "system" | "management";
  readonly load: () => Promise<{ readonly command: Command }>;
  /** Its last word may also be a container's name behind the command that the other words are; a container of that name has precedence. */
  readonly yieldsToContainer?: boolean;
}

/** All commands. */
export const commands: readonly CommandEntry[] = [
  entry("common", "run, container run", "Make a container from an image and start it", () => import("./container/run.ts")),
  entry("common", "exec, container exec", "Start one more command inside a container", () => import("./container/exec.ts")),
  entry(
    "common",
    "ps, container ls, container list, container ps",
    "Show containers that run; with -a all of them",
    () => import("./container/ls.ts"),
  ),
  entry("common", "images, image ls, image list", "Show the images on this engine", () => import("./image/ls.ts")),
  entry("common", "version", "Show which Berth this is, and which engine", () => import("./system/version.ts")),
  entry("common", "info, system info", "Show how the engine is set up and what it holds", () => import("./system/info.ts")),
  entry("container", "attach, container attach", "Connect your terminal with a running container", () => import("./container/attach.ts")),
  entry("container", "commit, container commit", "Make an image of what a container has become", () => import("./container/commit.ts")),
  entry("container", "cp, container cp", "Copy files into a container or out of it", () => import("./container/cp.ts")),
  entry("container", "create, container create", "Make a container, to be started later", () => import("./container/create.ts")),
  entry("container", "diff, container diff", "Show which files a container has changed", () => import("./container/diff.ts")),
  entry("container", "enter, container enter", "Go into a running container: a shell as root inside", () => import("./container/enter.ts")),
  entry(
    "container",
    "export, container export",
    "Write all files of a container into a tar archive",
    () => import("./container/export.ts"),
  ),
  {
    ...entry(
      "container",
      "exec kill, container exec kill",
      "End commands that 'exec' started, with all they started",
      () => import("./container/exec-kill.ts"),
    ),
    yieldsToContainer: true,
  },
  {
    ...entry(
      "container",
      "exec ls, container exec ls",
      "Show the commands that 'exec' started and that run",
      () => import("./container/exec-ls.ts"),
    ),
    yieldsToContainer: true,
  },
  entry("container", "kill, container kill", "End containers at once, or send them a signal", () => import("./container/kill.ts")),
  entry("container", "logs, container logs", "Show what containers have written", () => import("./container/logs.ts")),
  entry("container", "pause, container pause", "Freeze containers where they are", () => import("./container/pause.ts")),
  entry("container", "port, container port", "Show which ports of this machine lead to a container", () => import("./container/port.ts")),
  entry("container", "rename, container rename", "Give a container another name", () => import("./container/rename.ts")),
  entry("container", "restart, container restart", "Stop containers and start them again", () => import("./container/restart.ts")),
  entry("container", "rm, container rm, container remove", "Delete containers", () => import("./container/rm.ts")),
  entry("container", "start, container start", "Start containers that do not run", () => import("./container/start.ts")),
  entry(
    "container",
    "stats, container stats",
    "Show what containers use of the machine, as it changes",
    () => import("./container/stats.ts"),
  ),
  entry("container", "stop, container stop", "Ask containers to end; kill those that do not", () => import("./container/stop.ts")),
  entry(
    "container",
    "top, container top",
    "Show the processes in a container, or what all containers use",
    () => import("./container/top.ts"),
  ),
  entry("container", "unpause, container unpause", "Let frozen containers go on", () => import("./container/unpause.ts")),
  entry(
    "container",
    "update, container update",
    "Change what exists: limits, ports, mounts, variables and more",
    () => import("./container/update.ts"),
  ),
  entry(
    "container",
    "wait, container wait",
    "Wait for the end of containers, or until they are healthy",
    () => import("./container/wait.ts"),
  ),
  entry("image", "history, image history", "Show the steps an image was made in", () => import("./image/history.ts")),
  entry("image", "import, image import", "Make an image from a tar archive of a root folder", () => import("./image/import.ts")),
  entry("image", "load, image load", "Bring in images that 'save' wrote", () => import("./image/load.ts")),
  entry("image", "rmi, image rm, image remove", "Delete images, or only their names", () => import("./image/rm.ts")),
  entry("image", "save, image save", "Write images into a tar archive", () => import("./image/save.ts")),
  entry("image", "tag, image tag", "Give an image one more name", () => import("./image/tag.ts")),
  entry("system", "aliases", "Print short words for your shell: dps, dlogs, dsh and more", () => import("./system/aliases.ts")),
  entry("system", "completion", "Teach your shell the commands, flags and names", () => import("./system/completion.ts")),
  entry("system", "events, system events", "Watch what happens on the engine", () => import("./system/events.ts")),
  entry("system", "inspect", "Show all about a container, image, network or volume, as JSON", () => import("./system/inspect.ts")),
  entry(
    "management",
    "checkpoint create",
    "Keep what a running container is in the middle of (experimental)",
    () => import("./checkpoint/create.ts"),
  ),
  entry("management", "checkpoint ls, checkpoint list", "Show the checkpoints of a container", () => import("./checkpoint/ls.ts")),
  entry("management", "checkpoint rm, checkpoint remove", "Delete a checkpoint", () => import("./checkpoint/rm.ts")),
  entry("management", "context create", "Give an engine a name, with all it takes to reach it", () => import("./context/create.ts")),
  entry("management", "context export", "Write a context into a file, keys and all", () => import("./context/export.ts")),
  entry("management", "context import", "Bring in a context that 'export' wrote", () => import("./context/import.ts")),
  entry("management", "context inspect", "Show all about contexts, as JSON", () => import("./context/inspect.ts")),
  entry("management", "context ls, context list", "Show the engines that have a name", () => import("./context/ls.ts")),
  entry("management", "context rm, context remove", "Forget contexts", () => import("./context/rm.ts")),
  entry("management", "context show", "Show the name of the context in use", () => import("./context/show.ts")),
  entry("management", "context update", "Change a context", () => import("./context/update.ts")),
  entry("management", "context use", "Talk to this context's engine from now on", () => import("./context/use.ts")),
  entry("management", "container inspect", "Show all about containers, as JSON", () => import("./container/inspect.ts")),
  entry("management", "container prune", "Delete all containers that do not run", () => import("./container/prune.ts")),
  entry("management", "image inspect", "Show all about images, as JSON", () => import("./image/inspect.ts")),
  entry("management", "image bootstrap", "Make a starter image on a machine without a registry", () => import("./image/bootstrap.ts")),
  entry("management", "network create", "Make a network that containers can be put on", () => import("./network/create.ts")),
  entry("management", "network inspect", "Show all about networks, as JSON", () => import("./network/inspect.ts")),
  entry("management", "network ls, network list", "Show the networks", () => import("./network/ls.ts")),
  entry("management", "network rm, network remove", "Delete networks", () => import("./network/rm.ts")),
  entry(
    "management",
    "system dial-stdio",
    "Join standard input and output with the engine; ssh addresses use it",
    () => import("./system/dial-stdio.ts"),
  ),
];

/** Words that only make sense with another one behind them. */
export const groups: Readonly<Record<string, string>> = {
  checkpoint: "Containers kept on disk while they run (experimental)",
  container: "Everything about containers",
  context: "Engines with a name: here, by TCP with TLS, by ssh",
  image: "Everything about images",
  network: "Everything about networks",
  system: "The engine itself",
};

/** The command that the words begin with, the words it was called by, and the rest of the words. */
export function findCommand(words: readonly string[]): { entry: CommandEntry; name: string; rest: readonly string[] } | undefined {
  for (const count of [3, 2, 1]) {
    const name = words.slice(0, count).join(" ");
    const entry = words.length >= count ? commands.find((candidate) => candidate.names.includes(name)) : undefined;
    if (entry !== undefined) return { entry, name, rest: words.slice(count) };
  }
  return undefined;
}

function entry(group: CommandEntry["group"], names: string, summary: string, load: CommandEntry["load"]): CommandEntry {
  return { group, names: names.split(", "), summary, load };
}
