import { readFileSync } from "node:fs";
import { CAP_SYS_RESOURCE, type Kernel } from "@berth/linux";
import type { RuntimeProcess } from "@berth/spec";
import { lookupUser } from "../user/lookup.ts";
import { containerEnvironment } from "./environment.ts";
import type { SpecRequest } from "./request.ts";
import { buildRlimits } from "./rlimits.ts";

/** Where `--init` finds its program inside the container. */
export const INIT_TARGET = "/sbin/docker-init";

/** The `process` part: what runs, as whom, with which environment and limits. */
export function buildProcess(request: SpecRequest): RuntimeProcess {
  const { config, hostConfig, protection } = request;
  const command = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
  const user = lookupUser({ kernel: request.kernel, rootfs: request.rootfs, user: config.User, groups: hostConfig.GroupAdd ?? [] });
  const [height, width] = hostConfig.ConsoleSize;
  const rlimits = buildRlimits(hostConfig.Ulimits ?? [], request.kernel);
  return {
    terminal: config.Tty,
    ...(config.Tty && (height > 0 || width > 0) ? { consoleSize: { height, width } } : {}),
    user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
    args: request.initPath === null ? command : [INIT_TARGET, "--", ...command],
    env: containerEnvironment({ hostname: config.Hostname, tty: config.Tty, own: config.Env ?? [], home: user.home }),
    cwd: config.WorkingDir === "" ? "/" : config.WorkingDir,
    capabilities: capabilitiesOf(user.uid, protection.capabilities),
    ...(rlimits.length === 0 ? {} : { rlimits }),
    ...(protection.noNewPrivileges ? { noNewPrivileges: true } : {}),
    ...(protection.apparmorProfile === null ? {} : { apparmorProfile: protection.apparmorProfile }),
    oomScoreAdj: clampOomScore(hostConfig.OomScoreAdj, request.kernel),
  };
}

/**
 * What a user may do: root has the capabilities at once; another user has none, and the bounding set limits what a
 * setuid program can give (capabilities(7)).
 */
export function capabilitiesOf(
  uid: number,
  granted: NonNullable<RuntimeProcess["capabilities"]>,
): NonNullable<RuntimeProcess["capabilities"]> {
  return uid === 0 ? granted : { bounding: granted.bounding };
}

/** Without CAP_SYS_RESOURCE a score below one's own cannot be given (proc(5), oom_score_adj). */
function clampOomScore(wanted: number, kernel: Kernel): number {
  if (kernel.hasCapability(CAP_SYS_RESOURCE)) return wanted;
  const own = Number(readFileSync("/proc/self/oom_score_adj", "utf8"));
  return Number.isFinite(own) ? Math.max(wanted, own) : wanted;
}
