import { buildRlimits, capabilitiesOf, containerEnvironment, lookupUser, mergeEnvironment } from "@berth/runtime";
import type { ExecCreateRequest, RuntimeProcess } from "@berth/spec";
import { cleanPath } from "../containers/create/check-config.ts";
import { protectionRequest } from "../containers/create.ts";
import type { ContainerRecord } from "../containers/record.ts";
import { mergeUlimits } from "../containers/start/spec.ts";
import { type Core, containerFolder } from "../core.ts";

/** The OCI process of an exec: the container's own settings with what the request changes. Throws invalid (no such user). */
export function execProcess(core: Core, record: ContainerRecord, request: ExecCreateRequest): RuntimeProcess {
  const { config, hostConfig } = record;
  const own = request.User ?? "";
  const user = lookupUser({
    kernel: core.kernel,
    rootfs: `${containerFolder(core, record.id)}/rootfs`,
    user: own === "" ? config.User : own,
    groups: own === "" ? (hostConfig.GroupAdd ?? []) : [],
  });
  const privileged = (request.Privileged ?? false) || hostConfig.Privileged;
  const protection = core.security.protect({ ...protectionRequest(hostConfig), privileged });
  const rlimits = buildRlimits(mergeUlimits(core, record) ?? [], core.kernel);
  const tty = request.Tty ?? false;
  return {
    terminal: tty,
    user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
    args: [...(request.Cmd ?? [])],
    env: mergeEnvironment(
      containerEnvironment({ hostname: config.Hostname, tty, own: config.Env ?? [], home: user.home }),
      request.Env ?? [],
    ),
    cwd: cleanPath(request.WorkingDir || config.WorkingDir || "/"),
    capabilities: capabilitiesOf(user.uid, protection.capabilities),
    ...(rlimits.length === 0 ? {} : { rlimits }),
    ...(protection.noNewPrivileges ? { noNewPrivileges: true } : {}),
    ...(protection.apparmorProfile === null ? {} : { apparmorProfile: protection.apparmorProfile }),
  };
}
