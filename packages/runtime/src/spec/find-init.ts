import { accessSync, constants } from "node:fs";

/** Statically linked inits that Debian has: a container has no libraries for another. */
const candidates: readonly string[] = [
  "/usr/bin/docker-init",
  "/usr/libexec/docker/docker-init",
  "/usr/bin/tini-static",
  "/usr/bin/catatonit",
  "/usr/libexec/podman/catatonit",
];

/** The program for `--init` that is bound into containers; null when the host has none. */
export function findInit(): string | null {
  for (const candidate of candidates) {
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // The next one may be there.
    }
  }
  return null;
}
