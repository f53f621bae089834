import path from "node:path";

/** Where the runtime keeps things below the exec root (a folder of the current boot, usually on tmpfs). */
export interface Layout {
  readonly execRoot: string;
  /** One bundle per container. */
  readonly containers: string;
  /** conmon writes `<id>` here when a container's process has ended. */
  readonly exits: string;
  /** The OCI runtimes' own state: `<runtime>/<id>`. */
  readonly state: string;
  /** What execs need while they start, by exec id. */
  readonly execs: string;
  /** What programs put somewhere while they start; see `Scratch`. */
  readonly scratch: string;
}

export function layoutOf(execRoot: string): Layout {
  return {
    execRoot,
    containers: path.join(execRoot, "containers"),
    exits: path.join(execRoot, "exits"),
    state: path.join(execRoot, "runtime"),
    execs: path.join(execRoot, "exec"),
    scratch: path.join(execRoot, "tmp"),
  };
}

/** The files of one container's bundle. */
export interface BundleFiles {
  readonly folder: string;
  readonly config: string;
  /** What the daemon has to remember of it; see {@link BundleRecord}. */
  readonly record: string;
  /** The container's pid, written by the OCI runtime. */
  readonly pid: string;
  readonly monitorPid: string;
  /** conmon's sockets and FIFOs. */
  readonly attach: string;
  readonly control: string;
}

export function bundleFiles(layout: Layout, id: string): BundleFiles {
  const folder = path.join(layout.containers, id);
  return {
    folder,
    config: path.join(folder, "config.json"),
    record: path.join(folder, "berth.json"),
    pid: path.join(folder, "pidfile"),
    monitorPid: path.join(folder, "conmon.pid"),
    attach: path.join(folder, "attach"),
    control: path.join(folder, "ctl"),
  };
}

const ID = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/;

/** Whether a name can be a container's: nothing that leads out of a folder. */
export function isContainerId(name: string): boolean {
  return ID.test(name);
}
