import type { CallHandler } from "../../call/call.ts";
import { sendArchive } from "../../streams/archive.ts";

/** GET /containers/{name}/export. */
export const exportContainer: CallHandler = async (api, call) => {
  const archive = await api.engine.files.export(call.path("name"), { signal: call.request.signal });
  await sendArchive(api, call, { archive, type: "application/octet-stream", packed: false, what: call.path("name") });
};
