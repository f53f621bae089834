import { fail } from "@berth/base";
import type { CheckpointCreateRequest } from "@berth/spec";
import { type CallHandler, readJson } from "../../call/call.ts";
import { checkpointRequest } from "../../shapes/checkpoint.ts";
import { refuseWithoutExperimental } from "../../gates/experimental.ts";

/** POST /containers/{name}/checkpoints. */
export const createCheckpoint: CallHandler = async (api, call) => {
  refuseWithoutExperimental(api);
  const body = await readJson<CheckpointCreateRequest>(call, checkpointRequest);
  if (body === null) throw fail("invalid", "EOF");
  const { CheckpointID: checkpoint = "", CheckpointDir: folder = "", Exit: exit = false } = body;
  await api.engine.checkpoints.create(call.path("name"), { checkpoint, folder, exit });
  call.reply.send(201);
};
