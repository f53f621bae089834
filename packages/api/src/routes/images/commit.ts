import type { ContainerConfig } from "@berth/spec";
import { type CallHandler, readJson, sendJson } from "../../call/call.ts";
import { createRequest } from "../../shapes/container.ts";

/** POST /commit: makes an image of a container. */
export const commitContainer: CallHandler = async ({ engine }, call) => {
  const { query } = call;
  const config = await readJson<Partial<ContainerConfig>>(call, createRequest);
  const id = await engine.files.commit(query.text("container"), {
    repository: query.text("repo"),
    tag: query.text("tag"),
    author: query.text("author"),
    comment: query.text("comment"),
    pause: query.text("pause") === "" || query.flag("pause"),
    changes: query.all("changes"),
    config,
    signal: call.request.signal,
  });
  sendJson(call, 201, { Id: id });
};
