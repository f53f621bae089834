import type { RuntimeProcess, RuntimeResources, RuntimeSeccomp } from "./runtime.ts";

/** One rule of the device controller. Without `type` it means every device. */
export type DeviceRule = NonNullable<RuntimeResources["devices"]>[number];

/** What a container is kept from: the part of its config.json that the security room decides. */
export interface ContainerProtection {
  readonly capabilities: NonNullable<RuntimeProcess["capabilities"]>;
  /** null: no filter. */
  readonly seccomp: RuntimeSeccomp | null;
  readonly noNewPrivileges: boolean;
  /** null: the host has no AppArmor, or nothing was asked for. */
  readonly apparmorProfile: string | null;
  readonly maskedPaths: readonly string[];
  readonly readonlyPaths: readonly string[];
  /** The controller's rules before those of the container's own devices. */
  readonly deviceRules: readonly DeviceRule[];
  /** The container may write to its cgroup files and to /sys. */
  readonly writableCgroups: boolean;
  readonly writableSys: boolean;
  /** Every device of the host is made in the container. */
  readonly allDevices: boolean;
}
