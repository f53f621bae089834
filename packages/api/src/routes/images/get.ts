import type { Call, CallHandler } from "../../call/call.ts";
import type { ApiOptions } from "../../ports.ts";

/** GET /images/get?names=…: an archive of several images. */
export const getImages: CallHandler = (api, call) => sendArchive(api, call, call.query.all("names"));

/** GET /images/{name}/get: an archive of one image. */
export const getImage: CallHandler = (api, call) => sendArchive(api, call, [call.path("name")]);

async function sendArchive({ images, log }: ApiOptions, { reply, request }: Call, names: readonly string[]): Promise<void> {
  const archive = await images.save(names);
  const sink = reply.stream(200, "application/x-tar");
  const leave = (): void => {
    archive.destroy();
  };
  request.signal.addEventListener("abort", leave, { once: true });
  try {
    for await (const bytes of archive) await sink.write(bytes as Uint8Array);
    sink.end();
  } catch (error) {
    // A cut archive must not look whole.
    sink.abort();
    if (!request.signal.aborted) log.error("archive of images failed", { names, error });
  } finally {
    request.signal.removeEventListener("abort", leave);
    archive.destroy();
  }
}
