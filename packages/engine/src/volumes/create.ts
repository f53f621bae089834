import { fail, newId } from "@berth/base";
import type { Volume, VolumeCreateRequest } from "@berth/spec";
import { rfc3339 } from "../containers/time.ts";
import type { Core } from "../core.ts";
import { checkVolumeName } from "../mounts/parse-bind.ts";
import type { VolumeRecord } from "../mounts/volumes.store.ts";
import { showVolume } from "./show.ts";

/**
 * Makes a local volume; one of that name that is there already is the answer. Without a name it is anonymous.
 * @throws invalid for a bad name or options, not-found for a driver that is not there
 */
export async function createVolume(core: Core, request: VolumeCreateRequest): Promise<Volume> {
  const driver = request.Driver || "local";
  if (driver !== "local")
    throw fail("not-found", `create ${request.Name ?? ""}: error looking up volume plugin ${driver}: plugin "${driver}" not found`);
  const anonymous = !request.Name;
  const name = request.Name || newId();
  checkVolumeName(name);
  const options = Object.keys(request.DriverOpts ?? {});
  if (options.length > 0) throw fail("invalid", `create ${name}: the local volume driver takes no options here: ${options.join(", ")}`);
  const known = core.volumes.find(name);
  if (known !== null) return showVolume(core, known);
  const volume: VolumeRecord = { name, createdAt: rfc3339(core.clock.nowNs()), anonymous, labels: request.Labels ?? {}, options: {} };
  await core.volumes.makeFolder(name);
  try {
    await core.steps.run("create.volume-row", () => {
      core.volumes.refuseRemoving(name);
      core.volumes.record(volume);
    });
  } catch (error) {
    await core.volumes.dropFolder(name).catch(() => undefined);
    throw error;
  }
  core.volumes.announce(volume);
  return showVolume(core, core.volumes.find(name) ?? volume);
}
