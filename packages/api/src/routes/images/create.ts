import { fail } from "@berth/base";
import { familiarString, isDigest, parseReference, withDefaultTag, withTag } from "@berth/spec";
import type { Call, CallHandler } from "../../call/call.ts";
import type { ApiOptions } from "../../ports.ts";
import { sendProgress } from "../../streams/progress.ts";

/** POST /images/create: imports a root file system (`fromSrc=-`). */
export const createImage: CallHandler = async (api, call) => {
  if (call.query.text("fromImage") !== "") refusePull(call);
  await importImage(api, call);
};

/** There is no registry client; the answer is the one for a registry that cannot be reached, with what can be done instead. */
function refusePull({ query }: Call): never {
  const name = parseReference(query.text("fromImage").replace(/:$/, ""));
  const tag = query.text("tag");
  const full = tag === "" || isDigest(tag) ? withDefaultTag(name) : withTag(name, tag);
  throw fail(
    "internal",
    `cannot pull ${familiarString(full)}: this engine cannot reach registries. Load an image from an archive (load, import) or make a starter image with "berth image bootstrap busybox"`,
  );
}

async function importImage({ images }: ApiOptions, call: Call): Promise<void> {
  const { request, query } = call;
  const source = query.text("fromSrc");
  if (source !== "-") throw fail("not-implemented", "importing from an address is not supported: send the archive itself, with fromSrc=-");
  const messages = images.import(request.body, {
    repository: query.text("repo"),
    tag: query.text("tag"),
    message: query.textOrNull("message") ?? `Imported from ${source}`,
    changes: query.all("changes"),
    platform: query.text("platform"),
    signal: request.signal,
  });
  await sendProgress(call, messages, { errorsInBand: false });
}
