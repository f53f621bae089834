import type { Flag } from "../../../args/flag.ts";
import { envVariable, labelValue } from "../checks.ts";

/** What the container is called and what runs in it. */
export const identityFlags: readonly Flag[] = [
  { name: "annotation", type: "list", valueName: "map", help: "Note for the OCI runtime, KEY=VALUE" },
  { name: "cidfile", type: "string", values: "file", help: "New file that receives the container's id" },
  { name: "domainname", type: "string", help: "NIS domain that programs inside see" },
  { name: "entrypoint", type: "string", help: "Program to start in place of the image's own, e.g. /bin/sh" },
  { name: "env", short: "e", type: "list", values: "variable", help: "Variable, NAME=VALUE; NAME alone takes yours", check: envVariable },
  { name: "env-file", type: "list", values: "file", help: "Read variables from this file, one NAME=VALUE a line" },
  { name: "hostname", short: "h", type: "string", help: "Name of the machine as seen inside; else the short id" },
  { name: "label", short: "l", type: "list", help: "Label, e.g. team=web; 'ps --filter' finds it", check: labelValue },
  { name: "label-file", type: "list", values: "file", help: "Read labels from this file, one KEY=VALUE a line" },
  { name: "name", type: "string", help: "Name to call it by; else one is made up" },
  { name: "workdir", short: "w", type: "string", help: "Folder inside to start in, e.g. /srv" },
];
