import type { ContainerUpdateRequest, MountSpec, PortMap } from "./container.ts";

/** Body of POST /berth/containers/{name}/change, after parsing. What is left out stays. */
export interface ContainerChangeRequest {
  PublishAdd?: PortMap | null;
  /** `80/tcp`, or one binding of it: `8080:80/tcp`, `127.0.0.1:8080:80/tcp`. */
  PublishRemove?: string[] | null;
  /** As `HostConfig.Binds`. */
  BindsAdd?: string[] | null;
  MountsAdd?: MountSpec[] | null;
  /** Paths inside. */
  MountsRemove?: string[] | null;
  EnvAdd?: string[] | null;
  /** Names. */
  EnvRemove?: string[] | null;
  LabelsAdd?: Record<string, string> | null;
  LabelsRemove?: string[] | null;
  /** Another driver begins without options. */
  LogDriver?: string;
  LogOptions?: Record<string, string> | null;
  /** Limits and restart policy, as POST /containers/{name}/update takes them. */
  Update?: ContainerUpdateRequest | null;
}

/** One thing that a change does. */
export interface ContainerChangeLine {
  Kind: "port" | "mount" | "env" | "label" | "log" | "limit" | "restart-policy";
  Action: "add" | "remove" | "set";
  Value: string;
}

/** Answer of POST /berth/containers/{name}/change. */
export interface ContainerChangeAnswer {
  Changes: ContainerChangeLine[];
  /** Whether the container is, or would be, stopped and started for it. */
  Restarts: boolean;
  Warnings: string[];
}

/** One entry of GET /berth/execs. */
export interface ExecSummary {
  ID: string;
  ContainerID: string;
  ContainerName: string;
  Command: string[];
  User: string;
  Status: "created" | "starting" | "running" | "exited";
  /** Of its program, as the host sees it; 0 before the start. */
  Pid: number;
  /** All of its processes that live now. */
  Processes: number[];
  ExitCode: number | null;
  Created: string;
  /** Empty before the start. */
  Started: string;
  /** Whether a client has its streams. */
  Attached: boolean;
  AttachedOnly: boolean;
  Tty: boolean;
}

/** Answer of POST /berth/execs/{reference}/kill. */
export interface ExecKillAnswer {
  /** Execs that had processes. */
  Execs: string[];
  Processes: number;
}
