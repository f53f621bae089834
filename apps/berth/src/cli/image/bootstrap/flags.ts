import type { Flag } from "../../args/flag.ts";

/** Flags of `berth image bootstrap`. */
export const bootstrapFlags: readonly Flag[] = [
  { name: "mirror", type: "string", help: "Debian mirror; else the one this machine uses" },
  { name: "suite", type: "string", help: "Debian release, e.g. bookworm; else this machine's" },
  { name: "tag", short: "t", type: "string", help: "Name of the image; else busybox:latest or debian:latest" },
];
