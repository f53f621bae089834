import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { berthCommand } from "../harness/engines.ts";

/** A program `ssh` that leads to this machine, and the programs that the "other side" has. */
export interface SshStandIn {
  /** To be set for clients. */
  readonly env: Readonly<Record<string, string>>;
  /** The command lines that it was called with. */
  calls(): string[];
}

/**
 * Makes a program `ssh` below `folder` that takes its options off, and lets a login shell run what is left, as sshd does. A host named
 * `refused` cannot be reached.
 * @param options.programs names under which the other side has `berth`
 * @param options.host what the programs of the other side talk to
 */
export function makeSsh(folder: string, options: { readonly programs: readonly string[]; readonly host: string }): SshStandIn {
  const [here, there, log] = [`${folder}/here`, `${folder}/there`, `${folder}/calls`];
  for (const path of [here, there]) mkdirSync(path, { recursive: true });
  writeFileSync(log, "");
  writeFileSync(
    `${here}/ssh`,
    `#!/bin/sh
echo "$*" >>'${log}'
while :; do
  case "$1" in
    -o | -l | -p) shift 2 ;;
    -T | "-o "*) shift ;;
    --) shift; break ;;
    *) break ;;
  esac
done
if [ "$1" = refused ]; then echo "ssh: connect to host refused port 22: Connection refused" >&2; exit 255; fi
shift
PATH='${there}:/usr/bin:/bin' DOCKER_HOST='${options.host}' BERTH_HOST= DOCKER_CONFIG=/nonexistent exec /bin/sh -c "$*"
`,
  );
  chmodSync(`${here}/ssh`, 0o755);
  for (const name of options.programs) symlinkSync(berthCommand(), `${there}/${name}`);
  return {
    env: { PATH: `${here}:${process.env["PATH"] ?? ""}`, BERTH_HOST: "", DOCKER_HOST: "" },
    calls: () => readFileSync(log, "utf8").trim().split("\n"),
  };
}
