import { errnoError } from "../../kernel/system.ts";
import type { Fd } from "../../ports.ts";
import type { Node } from "./tree.ts";

/** One open file: several descriptors may share it (dup). */
export interface Description {
  readonly node: Node | null;
  readonly pipe: Pipe | null;
  readonly end: "read" | "write" | null;
  readonly pathOnly: boolean;
  readonly append: boolean;
  nonBlocking: boolean;
  offset: number;
}

/** Bytes between two ends. */
export interface Pipe {
  bytes: Uint8Array;
  readers: number;
  writers: number;
}

const EBADF = 9;

/** The table of descriptors of the fake process. Numbers start high, so that a test that mixes them up with real ones fails. */
export class DescriptorTable {
  readonly #open = new Map<Fd, Description>();
  #next = 10_000;

  /** How many are open: leaks show here. */
  get size(): number {
    return this.#open.size;
  }

  add(description: Description): Fd {
    const fd = this.#next++;
    this.#open.set(fd, description);
    return fd;
  }

  get(call: string, fd: Fd): Description {
    const description = this.#open.get(fd);
    if (description === undefined) throw errnoError(call, `fd ${fd}`, EBADF);
    return description;
  }

  /** Forgets a descriptor; its description when that was the last one of it. */
  remove(fd: Fd): Description | null {
    const description = this.get("close", fd);
    this.#open.delete(fd);
    return [...this.#open.values()].includes(description) ? null : description;
  }
}
