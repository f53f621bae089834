import type { AcceptedLine } from "./line.ts";

const old = /^20\./;
const every = /./;

/** Where `berth` means to write or end otherwise than a docker CLI does at the same data. */
export const acceptedLines: readonly AcceptedLine[] = [
  {
    lines: /(-f|--format) json( |$)/,
    versions: old,
    reason: "--format json writes JSON, as the docker CLI does since 23; 20.10 writes the word",
  },
  {
    lines: /^(port both|ps --format '\{\{\.Names\}\} \{\{\.Ports\}\}'|ps -f name=both)/,
    versions: old,
    reason: "IPv6 addresses of ports stand in brackets, as with the docker CLI since 27",
  },
  { lines: /^ps -q --format '\{\{/, versions: old, reason: "--quiet goes before --format, as with the docker CLI since 23" },
  {
    lines: /--network container:web --link web/,
    versions: old,
    reason:
      "links beside another container's network are refused by the engine, so with 1, as with the docker CLI since 25; 20.10 itself refuses them",
  },
  { lines: /^(run|create) --pull nope/, versions: old, reason: "a --pull that means nothing is refused, as with the docker CLI since 23" },
  {
    lines: /\{\{\.(State|HostConfig\.LogConfig\}\} \{\{\.HostConfig\.RestartPolicy|Mounts)\}\}/,
    versions: every,
    reason: "a whole object in a template is written with the names of its fields; Go writes the values alone",
  },
  {
    lines: /^image inspect -f '\{\{json \.Config\}\}'/,
    versions: every,
    reason: "a template sees an image as the engine tells it; docker drops and orders fields as its own Go type does",
  },
  { lines: /\{\{(define|block) /, versions: every, reason: "templates within templates are not understood" },
  {
    lines: /^(version --format|info -f) '\{\{\.Nope\}\}'/,
    versions: every,
    reason: "no empty line is written before the message about a wrong field",
  },
  {
    lines: /^(|container|image|network|system)$/,
    versions: every,
    reason: "a help goes to standard output, so that it can be paged; docker writes some to standard error",
  },
  {
    lines: /^nope --help/,
    versions: every,
    reason: "a command that is not there is told also beside --help, with code 1; docker shows the first help",
  },
];
