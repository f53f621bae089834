import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { type Clock, plainSteps, silentLogger, type Steps, systemClock } from "@berth/base";
import { type Blocking, type Kernel, type Netlink, type Nftables, openBlocking, openKernel, openNetlink, openNftables } from "@berth/linux";
import { type Database, openDatabase } from "@berth/store";
import { openNetworks } from "../open-networks.ts";
import type { BridgeOptions, Networks, SandboxRequest } from "../ports.ts";

const peer = path.join(import.meta.dir, "peer.ts");

/** The host of a test: this process's namespace, with another host at 10.99.0.2 behind a cable. */
export class World {
  readonly folder: string = fs.mkdtempSync(path.join(os.tmpdir(), "network-test-"));
  readonly database: Database = openDatabase(path.join(this.folder, "berth.db"));
  readonly kernel: Kernel = openKernel();
  readonly blocking: Blocking = openBlocking();
  readonly netlink: Netlink = openNetlink();
  readonly nftables: Nftables = openNftables();
  readonly far: string = path.join(this.folder, "far");
  readonly #children = new Set<ChildProcess>();
  readonly clock: Clock = systemClock();

  /** Makes lo, the cable and the other host, which knows the way to the containers (and should not get in). */
  async open(): Promise<void> {
    execFileSync("mount", ["-t", "sysfs", "sysfs", "/sys"]);
    ip("link", "set", "lo", "up");
    await this.blocking.createNetworkNamespace(this.far);
    ip("link", "add", "near0", "type", "veth", "peer", "name", "far0");
    ip("addr", "add", "10.99.0.1/24", "dev", "near0");
    ip("link", "set", "near0", "up");
    execFileSync("nsenter", [`--net=${this.far}`, "true"]);
    const holder = spawn("nsenter", [`--net=${this.far}`, "sleep", "1000"]);
    this.#children.add(holder);
    for (;;) {
      if (fs.readlinkSync(`/proc/${holder.pid}/ns/net`) !== fs.readlinkSync("/proc/self/ns/net")) break;
      await Bun.sleep(5);
    }
    ip("link", "set", "far0", "netns", String(holder.pid));
    this.inFar("ip", "addr", "add", "10.99.0.2/24", "dev", "far0");
    this.inFar("ip", "link", "set", "far0", "up");
    this.inFar("ip", "route", "add", "172.16.0.0/12", "via", "10.99.0.1");
  }

  /** A room on this world's database, as a daemon would open it. */
  networks(changes: { readonly bridge?: Partial<BridgeOptions>; readonly steps?: Steps; readonly blocking?: Blocking } = {}): Networks {
    const { folder, database, kernel, blocking, netlink, nftables, clock } = this;
    return openNetworks({
      execRoot: path.join(folder, "run"),
      database,
      kernel,
      blocking: changes.blocking ?? blocking,
      netlink,
      nftables,
      log: silentLogger(),
      steps: changes.steps ?? plainSteps,
      clock,
      bridge: { name: "berth0", bip: null, mtu: 1500, ...changes.bridge },
    });
  }

  /** Starts a server in a namespace; resolves when it listens. */
  async serve(namespace: string, protocol: "tcp" | "udp", port: number): Promise<ChildProcess> {
    const child = spawn("nsenter", [`--net=${namespace}`, process.execPath, peer, "serve", protocol, String(port)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#children.add(child);
    await new Promise((resolve) => child.stdout?.once("data", resolve));
    return child;
  }

  /** What a client in a namespace (null: the host) gets for an answer: the address it was seen at, or an error code. */
  async ask(namespace: string | null, protocol: "tcp" | "udp", host: string, port: number): Promise<string> {
    const command = [process.execPath, peer, "ask", protocol, host, String(port)];
    const full = namespace === null ? command : ["nsenter", `--net=${namespace}`, ...command];
    const child = spawn(full[0] ?? "", full.slice(1), { stdio: ["ignore", "pipe", "inherit"] });
    let answer = "";
    child.stdout.on("data", (bytes: Buffer) => {
      answer += bytes.toString();
    });
    await new Promise((resolve) => child.once("close", resolve));
    return answer;
  }

  /** Runs a command on the other host. */
  inFar(...command: readonly string[]): void {
    execFileSync("nsenter", [`--net=${this.far}`, ...command], { stdio: ["ignore", "ignore", "inherit"] });
  }

  /** Names of the links that are on the bridge. */
  async endpointLinks(): Promise<string[]> {
    const links = await this.netlink.links();
    return links.filter((link) => /^veth[0-9a-f]{11}$/.test(link.name)).map((link) => link.name);
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    await this.blocking.removeNetworkNamespace(this.far);
    await this.netlink.close();
    this.nftables.close();
    await this.blocking.close();
    this.database.close();
    fs.rmSync(this.folder, { recursive: true });
  }
}

/** A request for the default bridge. */
export function request(name: string, changes: Partial<SandboxRequest> = {}): SandboxRequest {
  return {
    containerId: Buffer.from(name.padEnd(32, "-")).toString("hex"),
    containerName: name,
    hostname: name,
    mode: "default",
    joinPath: null,
    macAddress: null,
    exposed: [],
    bindings: {},
    publishAll: false,
    ...changes,
  };
}

/** What a promise was rejected with. (bun:test's `rejects` waits without hearing Workers.) */
export async function failureOf(promise: Promise<unknown>): Promise<{ readonly kind: string; readonly message: string }> {
  try {
    await promise;
  } catch (error) {
    return error as { readonly kind: string; readonly message: string };
  }
  throw new Error("it did not fail");
}

/** Runs ip(8) in the test's own network. */
export function ip(...args: readonly string[]): string {
  return execFileSync("ip", args).toString();
}
