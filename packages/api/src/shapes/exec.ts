import { goShape } from "@berth/spec";

const { bool, list, object, string, stringsOrString, uint } = goShape;

/** Body of POST /containers/{id}/exec. */
export const execCreateRequest: goShape.Shape = object("ExecCreateRequest", {
  User: string,
  Privileged: bool,
  Tty: bool,
  ConsoleSize: list(uint),
  AttachStdin: bool,
  AttachStderr: bool,
  AttachStdout: bool,
  DetachKeys: string,
  Env: list(string),
  WorkingDir: string,
  Cmd: stringsOrString,
  AttachedOnly: bool,
  Enter: bool,
});

/** Body of POST /exec/{id}/start. */
export const execStartRequest: goShape.Shape = object("ExecStartRequest", { Detach: bool, Tty: bool, ConsoleSize: list(uint) });
