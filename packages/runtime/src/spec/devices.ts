import { type Dirent, readdirSync, realpathSync, statSync } from "node:fs";
import { fail } from "@berth/base";
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW, type Kernel, isErrno, S_IFBLK, S_IFCHR, S_IFMT } from "@berth/linux";
import type { DeviceMapping, DeviceRule, RuntimeLinux } from "@berth/spec";
import type { SpecRequest } from "./request.ts";

type Device = NonNullable<RuntimeLinux["devices"]>[number];

/** Folders of /dev that are file systems of their own in a container. */
const OWN_FOLDERS: ReadonlySet<string> = new Set(["pts", "shm", "fd", "mqueue", ".lxc", ".lxd-mounts", ".udev"]);
const DEPTH_MAX = 8;

/** Device nodes that are made in the container, and what the device controller lets it do. */
export function buildDevices(request: Pick<SpecRequest, "hostConfig" | "protection" | "kernel">): {
  readonly devices: Device[];
  readonly rules: DeviceRule[];
} {
  const { kernel, protection } = request;
  const devices: Device[] = [];
  const rules: DeviceRule[] = [...protection.deviceRules];
  if (protection.allDevices) devices.push(...hostDevices(kernel, "/dev", 0));
  for (const mapping of request.hostConfig.Devices ?? []) {
    // All of /dev is there already.
    if (protection.allDevices && mapping.PathOnHost === mapping.PathInContainer) continue;
    for (const device of mappedDevices(mapping, kernel)) {
      devices.push(device);
      if (!protection.allDevices) {
        rules.push({
          allow: true,
          type: device.type,
          major: device.major,
          minor: device.minor,
          access: mapping.CgroupPermissions === "" ? "rwm" : mapping.CgroupPermissions,
        });
      }
    }
  }
  if (!protection.allDevices) rules.push(...(request.hostConfig.DeviceCgroupRules ?? []).map(parseDeviceRule));
  return { devices, rules };
}

/**
 * `c 42:* rmw`: type, major and minor number, access.
 * @throws invalid with Docker's words
 */
export function parseDeviceRule(text: string): DeviceRule {
  const match = /^([acb]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/.exec(text);
  if (match === null) throw fail("invalid", `invalid device cgroup rule format: '${text}'`);
  const [, type = "a", major = "*", minor = "*", access = ""] = match;
  // A number left out means any; crun takes -1 for a number.
  return {
    allow: true,
    type,
    ...(major === "*" ? {} : { major: Number(major) }),
    ...(minor === "*" ? {} : { minor: Number(minor) }),
    access,
  };
}

/** The device of a mapping, or all of a folder. */
function mappedDevices(mapping: DeviceMapping, kernel: Kernel): Device[] {
  try {
    const path = realpathSync(mapping.PathOnHost);
    const device = deviceAt(kernel, path);
    if (device !== null) return [{ ...device, path: mapping.PathInContainer }];
    if (statSync(path).isDirectory()) {
      const found = folderDevices(kernel, path, 0).map((each) => ({
        ...each,
        path: mapping.PathInContainer + each.path.slice(path.length),
      }));
      if (found.length > 0) return found;
    }
  } catch (error) {
    const why = isMissing(error) ? "no such file or directory" : String(error);
    throw fail(
      "invalid",
      `error gathering device information while adding custom device ${JSON.stringify(mapping.PathOnHost)}: ${why}`,
      error,
    );
  }
  throw fail(
    "invalid",
    `error gathering device information while adding custom device ${JSON.stringify(mapping.PathOnHost)}: not a device node`,
  );
}

function folderDevices(kernel: Kernel, folder: string, depth: number): Device[] {
  if (depth > DEPTH_MAX) return [];
  return entries(folder).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return folderDevices(kernel, path, depth + 1);
    const device = deviceAt(kernel, path);
    return device === null ? [] : [device];
  });
}

/** What a privileged container sees of the host's /dev. */
function hostDevices(kernel: Kernel, folder: string, depth: number): Device[] {
  if (depth > DEPTH_MAX) return [];
  return entries(folder).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return OWN_FOLDERS.has(entry.name) ? [] : hostDevices(kernel, path, depth + 1);
    if (entry.name === "console") return [];
    const device = deviceAt(kernel, path);
    return device === null ? [] : [device];
  });
}

function entries(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    // A folder that has gone meanwhile holds no devices.
    return [];
  }
}

/** null for what is no device node, or has gone. */
function deviceAt(kernel: Kernel, path: string): Device | null {
  try {
    const stat = kernel.statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);
    const kind = stat.mode & S_IFMT;
    if (kind !== S_IFCHR && kind !== S_IFBLK) return null;
    return {
      path,
      type: kind === S_IFCHR ? "c" : "b",
      major: stat.rdevMajor,
      minor: stat.rdevMinor,
      fileMode: stat.mode & 0o7777,
      uid: stat.uid,
      gid: stat.gid,
    };
  } catch (error) {
    if (isErrno(error, "ENOENT")) return null;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
