import fs from "node:fs";
import { fail, type Logger } from "@berth/base";
import { isErrno, type Kernel, type Netlink } from "@berth/linux";
import { isV6, type PortWish } from "./parse.ts";
import { openProxy } from "./proxy.ts";
import type { PublishedPort } from "./published.ts";

/** One held port: an IPv4 one by a bound socket, an IPv6 one by its proxy. */
interface Hold {
  readonly port: PublishedPort;
  readonly release: () => void;
}

const rangeFile = "/proc/sys/net/ipv4/ip_local_port_range";
const ipv6File = "/proc/net/if_inet6";

/** Docker's words for a port that another container has. */
class AllocatedError extends Error {
  constructor(hostIp: string, port: number) {
    super(`Bind for ${withBrackets(hostIp)}:${port} failed: port is already allocated`);
  }
}

/** The host's ports that containers have. Each is held by a socket, so that no program takes it meanwhile. */
export class PortHolder {
  readonly #kernel: Kernel;
  readonly #netlink: Netlink;
  readonly #log: Logger;
  readonly #defaultHostIp: string;
  readonly #holds = new Map<string, Hold[]>();
  readonly #taken = new Set<string>();
  #nextEphemeral = 0;

  constructor(options: { readonly kernel: Kernel; readonly netlink: Netlink; readonly log: Logger; readonly defaultHostIp: string }) {
    this.#kernel = options.kernel;
    this.#netlink = options.netlink;
    this.#log = options.log;
    this.#defaultHostIp = options.defaultHostIp;
  }

  /**
   * Takes a port of the host for every wish, all or none.
   * @param address the container's
   * @throws internal with Docker's words when one cannot be had
   */
  async take(options: {
    readonly containerId: string;
    readonly containerName: string;
    readonly endpointId: string;
    readonly address: string;
    readonly wishes: readonly PortWish[];
  }): Promise<PublishedPort[]> {
    const { containerId, address } = options;
    try {
      for (const wish of options.wishes) await this.#takeWish(containerId, address, wish);
    } catch (error) {
      this.release(containerId);
      const what = `driver failed programming external connectivity on endpoint ${options.containerName} (${options.endpointId})`;
      throw fail("internal", `${what}: ${error instanceof Error ? error.message : String(error)}`, error);
    }
    return (this.#holds.get(containerId) ?? []).map((hold) => hold.port);
  }

  /** Takes the very same ports again after a restart of the daemon; one that somebody else has by now is only logged. */
  async retake(options: {
    readonly containerId: string;
    readonly address: string;
    readonly ports: readonly PublishedPort[];
  }): Promise<void> {
    for (const port of options.ports) {
      try {
        await this.#hold(options.containerId, options.address, port);
      } catch (error) {
        this.#log.warn("a published port was taken by another program while the daemon was away", {
          container: options.containerId,
          port: `${port.hostIp}:${port.hostPort}/${port.protocol}`,
          error,
        });
      }
    }
  }

  /** Lets go of a container's ports. */
  release(containerId: string): void {
    for (const hold of this.#holds.get(containerId) ?? []) this.#letGo(hold);
    this.#holds.delete(containerId);
  }

  /** Lets go of all of them. */
  close(): void {
    for (const containerId of [...this.#holds.keys()]) this.release(containerId);
  }

  async #takeWish(containerId: string, address: string, wish: PortWish): Promise<void> {
    if (wish.protocol === "sctp") throw new Error("Error starting userland proxy: protocol not supported");
    if (wish.protocol !== "tcp" && wish.protocol !== "udp") throw new Error("invalid transport protocol: 0");
    const hostIps = this.#hostIps(wish.hostIp);
    const single = wish.first === wish.last && wish.first !== 0;
    for (const hostPort of this.#candidates(wish)) {
      const before = this.#holds.get(containerId)?.length ?? 0;
      try {
        for (const hostIp of hostIps) {
          await this.#hold(containerId, address, { protocol: wish.protocol, port: wish.port, hostIp, hostPort });
        }
        return;
      } catch (error) {
        for (const hold of this.#holds.get(containerId)?.splice(before) ?? []) this.#letGo(hold);
        if (single || !canTryNext(error)) throw error;
      }
    }
    throw new Error("all ports are allocated");
  }

  async #hold(containerId: string, address: string, port: PublishedPort): Promise<void> {
    const key = keyOf(port);
    if (this.#taken.has(key)) throw new AllocatedError(port.hostIp, port.hostPort);
    this.#taken.add(key);
    try {
      const release = await this.#open(address, port);
      const holds = this.#holds.get(containerId) ?? [];
      holds.push({ port, release });
      this.#holds.set(containerId, holds);
    } catch (error) {
      this.#taken.delete(key);
      throw error;
    }
  }

  async #open(address: string, port: PublishedPort): Promise<() => void> {
    const protocol = port.protocol === "udp" ? "udp" : "tcp";
    try {
      if (isV6(port.hostIp)) {
        const proxy = await openProxy({ protocol, hostIp: port.hostIp, hostPort: port.hostPort, address, port: port.port });
        return () => proxy.close();
      }
      const fd = await this.#netlink.reservePort({ protocol, address: port.hostIp, port: port.hostPort });
      return () => this.#kernel.close(fd);
    } catch (error) {
      const words = bindWords(error);
      if (words === null) throw error;
      const family = `${protocol}${isV6(port.hostIp) ? "6" : "4"}`;
      const message = `Error starting userland proxy: listen ${family} ${withBrackets(port.hostIp)}:${port.hostPort}: bind: ${words}`;
      throw new Error(message, { cause: error });
    }
  }

  #letGo(hold: Hold): void {
    this.#taken.delete(keyOf(hold.port));
    hold.release();
  }

  #hostIps(hostIp: string | null): string[] {
    if (hostIp !== null) return [hostIp];
    if (this.#defaultHostIp !== "0.0.0.0") return [this.#defaultHostIp];
    return hasIpv6() ? ["0.0.0.0", "::"] : ["0.0.0.0"];
  }

  *#candidates(wish: PortWish): Generator<number> {
    if (wish.first !== 0) {
      for (let port = wish.first; port <= wish.last; port++) yield port;
      return;
    }
    const [first, last] = ephemeralRange();
    const count = last - first + 1;
    for (let tried = 0; tried < count; tried++) {
      if (this.#nextEphemeral < first || this.#nextEphemeral > last) this.#nextEphemeral = first;
      yield this.#nextEphemeral++;
    }
  }
}

function keyOf(port: PublishedPort): string {
  return `${port.protocol} ${port.hostIp} ${port.hostPort}`;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

function canTryNext(error: unknown): boolean {
  if (error instanceof AllocatedError) return true;
  return error instanceof Error && (isErrno(error.cause, "EADDRINUSE") || codeOf(error.cause) === "EADDRINUSE");
}

function bindWords(error: unknown): string | null {
  switch (codeOf(error)) {
    case "EADDRINUSE":
      return "address already in use";
    case "EADDRNOTAVAIL":
      return "cannot assign requested address";
    case "EACCES":
      return "permission denied";
    default:
      return null;
  }
}

function withBrackets(hostIp: string): string {
  return isV6(hostIp) ? `[${hostIp}]` : hostIp;
}

function ephemeralRange(): readonly [number, number] {
  const [first, last] = fs.readFileSync(rangeFile, "utf8").trim().split(/\s+/).map(Number);
  return [first ?? 32_768, last ?? 60_999];
}

/** A kernel without IPv6 has no such file, one with IPv6 turned off an empty one. */
function hasIpv6(): boolean {
  try {
    return fs.readFileSync(ipv6File, "utf8") !== "";
  } catch {
    return false;
  }
}
