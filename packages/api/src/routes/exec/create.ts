import { fail } from "@berth/base";
import { type ExecCreateRequest, isAtLeast } from "@berth/spec";
import { type CallHandler, readJson, sendJson } from "../../call/call.ts";
import { execCreateRequest } from "../../shapes/exec.ts";

/** POST /containers/{name}/exec. ConsoleSize came with 1.42. */
export const createExec: CallHandler = async ({ engine }, call) => {
  const body = (await readJson<ExecCreateRequest>(call, execCreateRequest)) ?? {};
  if ((body.Cmd ?? []).length === 0 && body.Enter !== true) throw fail("invalid", "No exec command specified");
  const { ConsoleSize: size, ...rest } = body;
  const known = isAtLeast(call.version, "1.42") && size?.length === 2 ? { ...rest, ConsoleSize: size } : rest;
  sendJson(call, 201, { Id: await engine.execs.create(call.path("name"), known) });
};
