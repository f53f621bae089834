import { fail } from "@berth/base";
import type { PathStat } from "@berth/engine";
import type { Call, CallHandler } from "../../call/call.ts";
import { goFileMode } from "../../shapes/file-mode.ts";
import { sendArchive } from "../../streams/archive.ts";
import { formatTime } from "../../time/timestamps.ts";

const statHeader = "X-Docker-Container-Path-Stat";

/** HEAD /containers/{name}/archive: what is at a path, in a header. */
export const statContainerArchive: CallHandler = async ({ engine }, call) => {
  const stat = await engine.files.stat(call.path("name"), pathOf(call));
  call.reply.setHeader(statHeader, encodeStat(stat));
  call.reply.send(200);
};

/** GET /containers/{name}/archive: a path as a tar. */
export const getContainerArchive: CallHandler = async (api, call) => {
  const path = pathOf(call);
  const { stat, archive } = await api.engine.files.read(call.path("name"), { path, signal: call.request.signal });
  call.reply.setHeader(statHeader, encodeStat(stat));
  await sendArchive(api, call, { archive, type: "application/x-tar", packed: true, what: `${call.path("name")}:${path}` });
};

/** PUT /containers/{name}/archive: unpacks a tar into a folder. The body is taken for one whatever it calls itself, as dockerd does. */
export const putContainerArchive: CallHandler = async ({ engine }, call) => {
  const { query, request } = call;
  await engine.files.write(call.path("name"), {
    path: pathOf(call),
    archive: request.body,
    copyOwner: query.flag("copyUIDGID"),
    keepKinds: query.flag("noOverwriteDirNonDir"),
    signal: request.signal,
  });
  call.reply.send(200);
};

function pathOf({ query }: Call): string {
  const path = query.text("path");
  if (path === "") throw fail("invalid", "bad parameter: path cannot be empty");
  return path;
}

function encodeStat(stat: PathStat): string {
  const shown = {
    name: stat.name,
    size: stat.size,
    mode: goFileMode(stat.mode),
    mtime: formatTime(stat.mtimeNs),
    linkTarget: stat.linkTarget,
  };
  return Buffer.from(JSON.stringify(shown)).toString("base64");
}
