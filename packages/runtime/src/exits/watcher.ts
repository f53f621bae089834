import { type FSWatcher, mkdirSync, readdirSync, watch } from "node:fs";
import { type Logger, messageOf } from "@berth/base";
import type { Cgroups, Kernel } from "@berth/linux";
import type { Layout } from "../layout.ts";
import type { CreatedProcess, ExitRecord } from "../ports.ts";
import { MonitorEnds } from "./monitor-ends.ts";
import { readExit, writeLostExit } from "./read-exit.ts";

/** inotify tells at once; the scan finds what it missed. */
const SCAN_INTERVAL_MS = 1000;

interface Watched {
  readonly process: CreatedProcess;
  readonly cgroupPath: string;
  /** Its monitor is known to be dead and its processes are being killed. */
  lost: boolean;
}

/** Reports once for each watched container that it has ended. */
export class ExitWatcher {
  readonly #layout: Layout;
  readonly #cgroups: Cgroups;
  readonly #log: Logger;
  readonly #watched = new Map<string, Watched>();
  readonly #monitors: MonitorEnds;
  readonly #timer: NodeJS.Timeout;
  #folder: FSWatcher | null = null;
  /** There is no watch, and the log says so. */
  #deaf = false;
  #onExit: ((exit: ExitRecord) => void) | null = null;

  constructor(options: { readonly layout: Layout; readonly kernel: Kernel; readonly cgroups: Cgroups; readonly log: Logger }) {
    this.#layout = options.layout;
    this.#cgroups = options.cgroups;
    this.#log = options.log;
    this.#monitors = new MonitorEnds({ ...options, ring: () => this.#lookAtMonitors() });
    this.#timer = setInterval(() => this.scan(), SCAN_INTERVAL_MS).unref();
    this.#open();
  }

  /** Where exits are told; those that happened already come with the next turn of the loop. */
  listen(onExit: (exit: ExitRecord) => void): void {
    this.#onExit = onExit;
    setImmediate(() => this.scan());
  }

  add(id: string, process: CreatedProcess, cgroupPath: string): void {
    this.#watched.set(id, { process, cgroupPath, lost: false });
    this.#monitors.add(id, process);
    // It may have ended before it was added.
    if (this.#onExit !== null) setImmediate(() => this.#report(id));
  }

  remove(id: string): void {
    this.#watched.delete(id);
    this.#monitors.remove(id);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#monitors.close();
    this.#folder?.close();
    this.#onExit = null;
  }

  /** Looks for exits that were not told, and for monitors that have gone. */
  scan(): void {
    if (this.#onExit === null) return;
    let names: string[];
    try {
      names = readdirSync(this.#layout.exits);
    } catch {
      // Somebody removed the folder: the watch on it is deaf from now on.
      this.#open();
      names = [];
    }
    if (this.#folder === null) this.#open();
    for (const name of names) this.#report(name);
    this.#lookAtMonitors();
    this.#checkMonitors(this.#monitors.endedOfUnheld());
  }

  #open(): void {
    this.#folder?.close();
    this.#folder = null;
    try {
      mkdirSync(this.#layout.exits, { recursive: true, mode: 0o700 });
      this.#folder = watch(this.#layout.exits, (_event, name) => {
        if (name === null) this.scan();
        else this.#report(name);
      });
      this.#folder.on("error", (error) => this.#log.warn("watching the exits folder failed", { error }));
      this.#folder.unref();
      this.#deaf = false;
    } catch (error) {
      // Out of inotify instances, of which each monitor takes one on cgroup v2: it is tried again with each scan.
      if (!this.#deaf) this.#log.warn("cannot watch the exits folder; it is scanned every second", { error });
      this.#deaf = true;
    }
  }

  #report(id: string): void {
    if (this.#onExit === null || !this.#watched.has(id)) return;
    const exit = readExit(this.#layout, id);
    if (exit === null) return;
    this.remove(id);
    this.#onExit(exit);
  }

  #lookAtMonitors(): void {
    // Each end is told once: it is asked for when somebody listens.
    if (this.#onExit !== null) this.#checkMonitors(this.#monitors.ended());
  }

  #checkMonitors(ended: readonly string[]): void {
    for (const id of ended) {
      const entry = this.#watched.get(id);
      if (entry === undefined || entry.lost) continue;
      // A monitor writes the exit before it ends.
      if (readExit(this.#layout, id) === null) void this.#stopOrphan(id, entry);
      else this.#report(id);
    }
  }

  /** Nobody reads the container's output any more, and nobody would see it end: it is stopped. */
  async #stopOrphan(id: string, entry: Watched): Promise<void> {
    entry.lost = true;
    this.#log.error("the monitor of a container was killed; stopping the container", { id, monitorPid: entry.process.monitorPid });
    try {
      await this.#cgroups.kill(entry.cgroupPath);
      if (readExit(this.#layout, id) === null) writeLostExit(this.#layout, id, entry.process.monitorPid);
      this.#report(id);
    } catch (error) {
      this.#log.error("cannot stop a container without monitor", { id, error: messageOf(error) });
      setTimeout(() => {
        entry.lost = false;
        if (this.#onExit !== null) this.#checkMonitors([id]);
      }, SCAN_INTERVAL_MS).unref();
    }
  }
}
