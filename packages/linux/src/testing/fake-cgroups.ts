import type { CgroupFiles } from "../cgroups/cgroup-files.ts";

/** One cgroup of the fake tree. */
interface Group {
  readonly pids: Set<number>;
  readonly enabled: Set<string>;
  frozen: boolean;
}

/** A v2 tree in memory with the kernel's rules, and processes that are numbers. */
export interface FakeCgroupTree {
  readonly files: CgroupFiles;
  /** A process in the root. */
  startProcess(): number;
  isAlive(pid: number): boolean;
  /** SIGKILL. */
  end(pid: number): void;
}

const root = "/sys/fs/cgroup";
const controllers = ["cpuset", "cpu", "io", "memory", "hugetlb", "pids"];
const mountinfo = "26 22 0:23 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

/**
 * Makes a pure v2 host (cgroup-v2.rst): controllers come from the parent's subtree_control, a cgroup has processes or
 * controllers for children but not both, one with processes or children cannot be removed.
 * @param options.delegated the root is a container's, so that the rules hold for it too; its file system has no cgroup.kill
 */
export function createFakeCgroupTree(options: { readonly delegated?: boolean } = {}): FakeCgroupTree {
  const groups = new Map<string, Group>([[root, newGroup()]]);
  let lastPid = 1000;

  function groupOf(path: string): Group {
    const group = groups.get(path);
    if (group === undefined) throw errno("ENOENT", path);
    return group;
  }
  const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/"));
  const available = (path: string): readonly string[] => (path === root ? controllers : [...groupOf(parentOf(path)).enabled]);
  const below = (path: string): [string, Group][] => [...groups].filter(([each]) => `${each}/`.startsWith(`${path}/`));
  const whereIs = (pid: number): string | undefined => [...groups].find(([, group]) => group.pids.has(pid))?.[0];
  const ruled = (path: string): boolean => path !== root || options.delegated === true;

  function readGroup(path: string, file: string): string | null {
    const group = groups.get(path);
    if (group === undefined) return null;
    const within = below(path).flatMap(([, each]) => [...each.pids]);
    const has = (name: string): boolean => path !== root && available(path).includes(name);
    switch (file) {
      case "cgroup.procs":
        return [...group.pids].map((pid) => `${pid}\n`).join("");
      case "cgroup.controllers":
        return `${available(path).join(" ")}\n`;
      case "cgroup.subtree_control":
        return `${[...group.enabled].join(" ")}\n`;
      case "cgroup.events":
        return `populated ${within.length > 0 ? 1 : 0}\nfrozen ${group.frozen ? 1 : 0}\n`;
      case "cpu.stat":
        return "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\n";
      case "memory.current":
        return has("memory") ? "4096\n" : null;
      case "memory.events":
        return has("memory") ? "low 0\nhigh 0\nmax 3\noom 2\noom_kill 1\noom_group_kill 0\n" : null;
      case "pids.current":
        return has("pids") ? `${within.length}\n` : null;
      default:
        return null;
    }
  }

  function writeGroup(path: string, file: string, text: string): void {
    const group = groupOf(path);
    switch (file) {
      case "cgroup.procs": {
        const pid = Number(text);
        const from = whereIs(pid);
        if (from === undefined) throw errno("ESRCH", path);
        if (ruled(path) && group.enabled.size > 0) throw errno("EBUSY", path);
        groupOf(from).pids.delete(pid);
        group.pids.add(pid);
        return;
      }
      case "cgroup.subtree_control":
        for (const word of text.split(" ")) {
          if (!available(path).includes(word.slice(1))) throw errno("ENOENT", path);
          if (ruled(path) && group.pids.size > 0) throw errno("EBUSY", path);
          group.enabled.add(word.slice(1));
        }
        return;
      case "cgroup.freeze":
        if (path === root) throw errno("ENOENT", path);
        group.frozen = text === "1";
        return;
      case "cgroup.kill":
        if (path === root || options.delegated === true) throw errno("ENOENT", path);
        for (const [, each] of below(path)) each.pids.clear();
        return;
      default:
        throw errno("ENOENT", `${path}/${file}`);
    }
  }

  const files: CgroupFiles = {
    read: (path) => {
      if (path === "/proc/self/mountinfo") return mountinfo;
      const pid = /^\/proc\/(\d+)\/cgroup$/.exec(path)?.[1];
      if (pid !== undefined) {
        const group = whereIs(Number(pid));
        return group === undefined ? null : `0::${group.slice(root.length) || "/"}\n`;
      }
      return readGroup(parentOf(path), path.slice(path.lastIndexOf("/") + 1));
    },
    keep: (path) => (files.read(path) === null ? null : { read: () => files.read(path), close: () => undefined }),
    writeAside: (path, text) => Promise.resolve().then(() => writeGroup(parentOf(path), path.slice(path.lastIndexOf("/") + 1), text)),
    write: (path, text) => writeGroup(parentOf(path), path.slice(path.lastIndexOf("/") + 1), text),
    mkdir: (path) => {
      if (groups.has(path)) return false;
      groupOf(parentOf(path));
      groups.set(path, newGroup());
      return true;
    },
    rmdir: (path) => {
      const group = groups.get(path);
      if (group === undefined) return false;
      if (group.pids.size > 0 || below(path).length > 1) throw errno("EBUSY", path);
      return groups.delete(path);
    },
    exists: (path) => groups.has(path) || readGroup(parentOf(path), path.slice(path.lastIndexOf("/") + 1)) !== null,
    folders: (path) =>
      [...groups.keys()].filter((each) => each !== root && parentOf(each) === path).map((each) => each.slice(path.length + 1)),
  };
  return {
    files,
    startProcess: () => {
      groupOf(root).pids.add(++lastPid);
      return lastPid;
    },
    isAlive: (pid) => whereIs(pid) !== undefined,
    end: (pid) => {
      for (const group of groups.values()) group.pids.delete(pid);
    },
  };
}

function newGroup(): Group {
  return { pids: new Set(), enabled: new Set(), frozen: false };
}

function errno(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
