import { boolean, nullable, number, object, optional, type Shape, string, strings } from "../shape.ts";

// Releases as in container.ts.

/** POST /containers/{name}/exec. */
export const execCreated: Shape = object({ Id: string });

/** GET /exec/{id}/json: `ExecInspect` of api/types/backend/backend.go in every release since v20.10. */
export const execInspect: Shape = object({
  ID: string,
  Running: boolean,
  ExitCode: nullable(number),
  ProcessConfig: object({
    tty: boolean,
    entrypoint: string,
    arguments: nullable(strings),
    privileged: optional(nullable(boolean)),
    user: optional(string),
  }),
  OpenStdin: boolean,
  OpenStderr: boolean,
  OpenStdout: boolean,
  CanRemove: boolean,
  ContainerID: string,
  DetachKeys: nullable(string),
  Pid: number,
});
