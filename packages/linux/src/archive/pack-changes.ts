import { formatTarEntry, tarEnd } from "@berth/spec";
import { type LayerStack, layerChanges } from "./changes.ts";
import { EntryWriter } from "./entry-writer.ts";

/**
 * The changes of a writable layer as the tar of an image layer: what was added or changed with its data, and for what was
 * deleted an empty file `.wh.NAME` (OCI image-spec, layer.md). Pieces are only valid until the next one is asked for.
 */
export function* packChanges(stack: LayerStack): Generator<Uint8Array> {
  const writer = new EntryWriter(stack.kernel, stack.idShift);
  for (const { path, file } of layerChanges(stack)) {
    const name = path.slice(1);
    if (file !== null) yield* writer.entry(file, name);
    else
      yield formatTarEntry({
        name: `${name.slice(0, name.lastIndexOf("/") + 1)}.wh.${name.slice(name.lastIndexOf("/") + 1)}`,
        type: "file",
      });
  }
  yield tarEnd();
}
