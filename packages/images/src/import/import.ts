import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fail, rfc3339OfMs } from "@berth/base";
import {
  familiarString,
  type ImageConfig,
  type NamedReference,
  parseReference,
  type ProgressMessage,
  withDefaultTag,
  withTag,
} from "@berth/spec";
import { freeSpaceGuard } from "../archive/free-space.ts";
import { makeManifest } from "../archive/manifest.ts";
import { hostPlatform } from "../archive/oci-layout.ts";
import { plainStream } from "../archive/plain-stream.ts";
import { type StagedFile, StagingFile } from "../archive/staging-file.ts";
import type { ImagesContext } from "../context.ts";
import { checkNameAllowed, commitImages } from "../load/commit.ts";
import { openStaging } from "../load/staging.ts";
import type { ImageStore } from "../ports.ts";
import { applyChanges } from "./changes/apply.ts";

/** `ImageStore.import`. Name, platform and changes are checked before the first byte is read. */
export async function* importImage(
  context: ImagesContext,
  archive: Readable,
  options: Parameters<ImageStore["import"]>[1],
): AsyncGenerator<ProgressMessage> {
  const name = importName(options);
  const platform = parsePlatform(options.platform);
  const { config } = applyChanges({}, options.changes);
  await using staging = await openStaging(context);
  const file = await context.steps.run("load.receive", () =>
    receiveTar(context, archive, { directory: staging.path, signal: options.signal }),
  );
  const layer = await context.unpacker.adopt(file.path, { signal: options.signal, devices: false });
  let id: string;
  try {
    const created = rfc3339OfMs(context.clock.nowMs());
    const history = [{ created, ...(options.message === "" ? {} : { comment: options.message }) }];
    const json: ImageConfig = {
      ...platform,
      ...(options.message === "" ? {} : { comment: options.message }),
      config,
      created,
      history,
      rootfs: { type: "layers", diff_ids: [layer.diffId] },
    };
    const configFile = await StagingFile.create(join(staging.path, "config"));
    await configFile.write(Buffer.from(JSON.stringify(json)));
    const staged = await configFile.finish();
    const layers = [{ diffId: layer.diffId, file }];
    const image = {
      id: staged.digest,
      config: json,
      configFile: staged,
      configText: await readFile(staged.path, "utf8"),
      names: name === null ? [] : [name],
      layers,
      manifest: await makeManifest(staged, layers),
    };
    await commitImages(context, [image], { layers: new Map([[layer.diffId, layer]]), staging: staging.path });
    id = image.id;
  } finally {
    await context.unpacker.release(layer);
  }
  if (name !== null) context.events.emit("tag", id, familiarString(name));
  context.events.emit("import", id, id);
  yield { status: id };
}

function importName(options: { readonly repository: string; readonly tag: string }): NamedReference | null {
  if (options.repository === "") return null;
  const parsed = parseReference(options.repository);
  if (parsed.digest !== null) throw fail("invalid", "cannot import digest reference");
  const name = withDefaultTag(options.tag === "" ? parsed : withTag(parsed, options.tag));
  checkNameAllowed(name);
  return name;
}

/** `linux/arm64/v8` or `linux`; empty is this machine's. */
function parsePlatform(text: string): { readonly architecture: string; readonly os: string; readonly variant?: string } {
  const host = hostPlatform();
  const [os = "", architecture = host.architecture, variant] = text === "" ? [host.os] : text.toLowerCase().split("/");
  if (![os, architecture, variant ?? "x"].every((part) => /^[a-z0-9_.-]+$/.test(part))) {
    throw fail("invalid", `${JSON.stringify(text)}: unknown operating system or architecture: invalid argument`);
  }
  if (os !== "linux") throw fail("invalid", "operating system is not supported");
  return { architecture, os, ...(variant === undefined ? {} : { variant }) };
}

/** Takes the tar as it comes when the OCI formats know its packing, unpacked otherwise (bzip2, xz). */
async function receiveTar(
  context: ImagesContext,
  archive: Readable,
  options: { readonly directory: string; readonly signal: AbortSignal | undefined },
): Promise<StagedFile> {
  const guard = freeSpaceGuard(context.kernel, options.directory, context.limits.layer.reserveBytes);
  const file = await StagingFile.create(join(options.directory, "archive"));
  try {
    let taken = 0;
    const { bytes } = await plainStream(archive, ["gzip", "zstd"]);
    for await (const piece of bytes) {
      options.signal?.throwIfAborted();
      guard(piece.length);
      taken += piece.length;
      await file.write(piece);
    }
    // tar(5): even an empty archive has its two end blocks.
    if (taken === 0) throw fail("invalid", "unexpected EOF");
    return await file.finish();
  } catch (error) {
    await file.abandon();
    throw error;
  }
}
