import { type Core, containerFolder } from "../core.ts";
import type { ContainerRecord } from "./record.ts";

/** Bytes that a container has written, and those together with its image. */
export async function sizesOf(
  core: Pick<Core, "blocking" | "images" | "dataRoot">,
  record: ContainerRecord,
): Promise<{ SizeRw: number; SizeRootFs: number }> {
  const SizeRw = await core.blocking.fileBytes(`${containerFolder(core, record.id)}/files/upper`);
  return { SizeRw, SizeRootFs: SizeRw + core.images.sizeBytes(record.imageId) };
}
