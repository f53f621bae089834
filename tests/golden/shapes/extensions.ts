import { boolean, list, nullable, number, object, type Shape, string, strings } from "../shape.ts";

// Berth's own routes, as docs/extensions.md tells of them.

/** GET /berth/execs. */
export const execList: Shape = list(
  object({
    ID: string,
    ContainerID: string,
    ContainerName: string,
    Command: strings,
    User: string,
    Status: string,
    Pid: number,
    Processes: list(number),
    ExitCode: nullable(number),
    Created: string,
    Started: string,
    Attached: boolean,
    AttachedOnly: boolean,
    Tty: boolean,
  }),
);

/** POST /berth/execs/{reference}/kill. */
export const execKilled: Shape = object({ Execs: strings, Processes: number });

/** POST /berth/containers/{name}/change. */
export const changeAnswer: Shape = object({
  Changes: list(object({ Kind: string, Action: string, Value: string })),
  Restarts: boolean,
  Warnings: strings,
});
