import type { Fd } from "../ports.ts";
import { type NetworkLibc, openFile } from "./libc.ts";

const CLONE_NEWNET = 0x40000000;

/** An open network namespace file. */
export interface OpenNamespace {
  readonly fd: Fd;
  readonly path: string;
}

/** Opens a namespace for the time of `body`. */
export function withNamespace<T>(libc: NetworkLibc, path: string, body: (namespace: OpenNamespace) => T): T {
  const fd = openFile(libc, path, 0);
  try {
    return body({ fd, path });
  } finally {
    libc.call.close(fd);
  }
}

/**
 * Runs `body` while this thread is in `namespace`, and comes back (setns(2) moves one thread only).
 * `body` must not await. A socket that it opens stays in the namespace after that.
 */
export function inside<T>(libc: NetworkLibc, namespace: OpenNamespace, body: () => T): T {
  return withNamespace(libc, "/proc/thread-self/ns/net", (home) => {
    enter(libc, namespace);
    try {
      return body();
    } finally {
      enter(libc, home);
    }
  });
}

function enter(libc: NetworkLibc, namespace: OpenNamespace): void {
  libc.run("setns", namespace.path, () => libc.call.setns(namespace.fd, CLONE_NEWNET));
}
