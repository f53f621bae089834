import { sha256 } from "@berth/base";
import { formatTarEntry, type ImageConfig, type TarEntryInit, tarEnd, tarPadding } from "@berth/spec";

/** An entry of a tar that a test builds. */
export type TestEntry = TarEntryInit & { readonly content?: string | Uint8Array };

/** A whole tar as bytes. */
export function makeTar(entries: readonly TestEntry[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const { content = "", ...entry } of entries) {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    const sizeBytes = entry.sizeBytes ?? bytes.length;
    parts.push(formatTarEntry({ ...entry, sizeBytes }));
    if (entry.type === "file") parts.push(bytes, tarPadding(sizeBytes));
  }
  return Buffer.concat([...parts, tarEnd()]);
}

/** What {@link makeConfig} is asked for. */
export interface TestImage {
  readonly layers: readonly Buffer[];
  readonly tags?: readonly string[];
  readonly config?: Partial<ImageConfig>;
}

/** A config blob for layers given as plain tars. */
export function makeConfig({ layers, config }: TestImage): Buffer {
  const json: ImageConfig = {
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    os: "linux",
    created: "2024-01-02T03:04:05Z",
    config: { Cmd: ["sh"], Env: ["PATH=/bin"] },
    rootfs: { type: "layers", diff_ids: layers.map((layer) => sha256(layer)) },
    history: layers.map((_, at) => ({ created: "2024-01-02T03:04:05Z", created_by: `step ${at}` })),
    ...config,
  };
  return Buffer.from(JSON.stringify(json));
}

/** An archive as `docker save` of version 20.10 writes it. */
export function makeDockerArchive(images: readonly TestImage[]): Buffer {
  const entries: TestEntry[] = [];
  const manifest = images.map((image) => {
    const config = makeConfig(image);
    const name = `${sha256(config).slice(7)}.json`;
    entries.push({ name, type: "file", content: config });
    const layers = image.layers.map((layer) => {
      const path = `${sha256(layer).slice(7)}/layer.tar`;
      if (!entries.some((entry) => entry.name === path)) entries.push({ name: path, type: "file", content: layer });
      return path;
    });
    return { Config: name, RepoTags: image.tags ?? null, Layers: layers };
  });
  entries.push({ name: "manifest.json", type: "file", content: JSON.stringify(manifest) });
  return makeTar(entries);
}
