import { kindOf, messageOf } from "@berth/base";
import { UsageError } from "./args/flag.ts";

const missingImage =
  "See all images with 'berth images'. Get one with 'berth load -i FILE' or 'berth import FILE NAME', or make a starter image with 'berth image bootstrap busybox'.";

/** Beginnings and parts of messages, and what to do next; the first that fits counts. */
const known: readonly (readonly [pattern: RegExp, words: string])[] = [
  [/^No such container/i, "See all containers with 'berth ps --all'."],
  [/^No such image/i, missingImage],
  [/is already in use by container/, "Remove it with 'berth rm', rename it with 'berth rename', or choose another --name."],
  [
    /^(You cannot remove a running container|cannot remove container .*running)/i,
    "Stop it with 'berth stop', or remove it at once with 'berth rm --force'.",
  ],
  [
    /: context not found$|^context .* does not exist$/,
    "See all contexts with 'berth context ls'; choose one with --context or 'berth context use'.",
  ],
  [/^context .* already exists$/, "Change it with 'berth context update', or remove it with 'berth context rm'."],
  [/^context .* is in use/, "Choose another one with 'berth context use', or remove it all the same with 'berth context rm --force'."],
  [/config\.json: /, "Correct the file or move it away, or name another folder with --config or DOCKER_CONFIG."],
  [/meta\.json: /, "Correct the file, or remove the folder it is in and make the context again with 'berth context create'."],
];

/** Why an engine cannot be reached, and what to do about it; the first that fits counts. */
const unreachable: readonly (readonly [pattern: RegExp, words: string])[] = [
  [/at unix:.*permission denied$/, "Run the command as root, or add yourself to the group of the socket."],
  [
    /at tcp:.*closed without an answer$/,
    "Perhaps it talks TLS: add --tlsverify, and --tlscacert, --tlscert and --tlskey if your files are not in ~/.docker.",
  ],
  [/does not talk TLS$/, "Leave --tls, --tlsverify and DOCKER_TLS_VERIFY out, or name the port that talks TLS (often 2376)."],
  [
    /wants a client's certificate$|does not trust your certificate$/,
    "Give it one that its authority has signed, with --tlscert and --tlskey, or by cert.pem and key.pem in DOCKER_CERT_PATH.",
  ],
  [/not signed by an authority/, "Name the authority's certificate with --tlscacert, or put it into DOCKER_CERT_PATH as ca.pem."],
  [
    /certificate is not for this name$/,
    "Call the engine by a name that its certificate has, or give the engine a certificate for this one.",
  ],
  [/the program 'ssh' cannot be started$/, "Install it (Debian: openssh-client), or reach the engine by tcp:// with TLS."],
  [
    /^Cannot connect to the engine at ssh:.*not found/,
    "Berth's or docker's command line has to be in the PATH of the other machine's login shell.",
  ],
];

/** What to do next about a failure, when that is known. */
export function adviceFor(error: unknown): string | undefined {
  if (error instanceof UsageError) return error.hint;
  const words = messageOf(error);
  const host = kindOf(error) === "unavailable" ? /^Cannot connect to the engine at (\S+): /.exec(words)?.[1] : undefined;
  if (host === undefined) return known.find(([pattern]) => pattern.test(words))?.[1];
  const found = unreachable.find(([pattern]) => pattern.test(words))?.[1];
  if (host.startsWith("ssh://"))
    return found ?? `Try the connection by itself: ssh ${host.slice("ssh://".length).replace(/[:/].*$/, "")} true`;
  return found ?? "Is it running? Start it with 'berth daemon', or name another one with --host or BERTH_HOST.";
}
