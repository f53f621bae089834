import type { DeviceRule } from "@berth/spec";

function character(allow: boolean, major: number, minor: number): DeviceRule {
  return { allow, type: "c", major, minor, access: "rwm" };
}

/**
 * What the device controller lets a container do: nothing but zero, null, urandom, random, tty and console
 * (a runtime adds ptmx, pts and the making of nodes), and not fuse.
 */
export const defaultDeviceRules: readonly DeviceRule[] = [
  { allow: false, access: "rwm" },
  character(true, 1, 5),
  character(true, 1, 3),
  character(true, 1, 9),
  character(true, 1, 8),
  character(true, 5, 0),
  character(true, 5, 1),
  character(false, 10, 229),
];

/** A privileged container may use every device. */
export const privilegedDeviceRules: readonly DeviceRule[] = [{ allow: true, access: "rwm" }];
