import { open } from "node:fs/promises";
import { sha256 } from "@berth/base";
import type { Descriptor, Manifest } from "@berth/spec";
import { detectCompression, detectionBytes } from "../unpack/compression.ts";
import { ociConfigType, ociLayerType, ociManifestType, type PlannedImage, type PlannedLayer } from "./plan.ts";
import type { StagedFile } from "./staging-file.ts";

/** Makes the manifest of an image that came without one (`docker save` before version 25, `import`). */
export async function makeManifest(
  configFile: Pick<StagedFile, "digest" | "sizeBytes">,
  layers: readonly PlannedLayer[],
): Promise<PlannedImage["manifest"]> {
  const described: Descriptor[] = [];
  for (const { file } of layers) {
    described.push({ mediaType: await layerType(file.path), digest: file.digest, size: file.sizeBytes });
  }
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: ociManifestType,
    config: { mediaType: ociConfigType, digest: configFile.digest, size: configFile.sizeBytes },
    layers: described,
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  return { bytes, digest: sha256(bytes), mediaType: ociManifestType };
}

async function layerType(path: string): Promise<string> {
  const handle = await open(path, "r");
  try {
    const start = Buffer.alloc(detectionBytes);
    await handle.read(start, 0, detectionBytes, 0);
    const compression = detectCompression(start);
    return compression === "gzip" || compression === "zstd" ? `${ociLayerType}+${compression}` : ociLayerType;
  } finally {
    await handle.close();
  }
}
