import type { Engine } from "@berth/engine";
import type { ImageUser } from "@berth/images";

/** Which containers use an image, as they are now. */
export async function imageUsers(engine: Engine): Promise<(imageId: string) => readonly ImageUser[]> {
  const users = new Map<string, ImageUser[]>();
  for (const row of await engine.containers.list({ all: true, limit: 0, size: false, filters: {} })) {
    const list = users.get(row.ImageID) ?? [];
    list.push({ containerId: row.Id, running: row.State === "running" || row.State === "paused" || row.State === "restarting" });
    users.set(row.ImageID, list);
  }
  return (imageId) => users.get(imageId) ?? [];
}
