import { any, list, map, nullable, number, object, optional, type Shape, string, strings } from "../shape.ts";

// Releases as in container.ts: api/types/volume.go, later api/types/volume/volume.go; the same in all of them but for `ClusterVolume`, since v23.0.0.

/** GET /volumes/{name} and POST /volumes/create. */
export const volumeInspect: Shape = object({
  ClusterVolume: optional(any),
  CreatedAt: optional(string),
  Driver: string,
  Labels: nullable(map(string)),
  Mountpoint: string,
  Name: string,
  Options: nullable(map(string)),
  Scope: string,
  Status: optional(map(any)),
  UsageData: optional(object({ RefCount: number, Size: number })),
});

/** GET /volumes. */
export const volumeList: Shape = object({ Volumes: list(volumeInspect), Warnings: nullable(strings) });
