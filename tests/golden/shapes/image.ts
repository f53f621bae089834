import { any, boolean, list, map, nullable, number, object, optional, type Shape, since, string, strings, until } from "../shape.ts";
import { configKeys } from "./container.ts";

// Releases as in container.ts: api/types/types.go (ImageInspect), api/types/image. What a daemon takes out or puts back for older clients:
// api/server/router/image/{image_routes,inspect_response}.go of v28.5.2.

/** Keys that only containers have left images with 1.50. */
const containersOnly = [
  "Hostname",
  "Domainname",
  "AttachStdin",
  "AttachStdout",
  "AttachStderr",
  "Tty",
  "OpenStdin",
  "StdinOnce",
  "Image",
  "NetworkDisabled",
  "MacAddress",
  "StopTimeout",
];
const config = object(
  Object.fromEntries(Object.entries(configKeys).map(([key, of]) => [key, containersOnly.includes(key) ? until("1.50", of) : of])),
);

/** GET /images/{name}/json. */
export const imageInspect: Shape = object({
  Id: string,
  RepoTags: strings,
  RepoDigests: strings,
  Parent: string,
  Comment: string,
  Created: optional(string),
  Container: until("1.45", string),
  ContainerConfig: until("1.45", object(configKeys)),
  DockerVersion: string,
  Author: string,
  Config: config,
  Architecture: string,
  Variant: optional(string),
  Os: string,
  OsVersion: optional(string),
  Size: number,
  VirtualSize: until("1.44", number),
  GraphDriver: object({ Data: nullable(map(string)), Name: string }),
  RootFS: object({ Type: string, Layers: optional(strings) }),
  Metadata: object({ LastTagTime: string }),
  Descriptor: since("1.48", optional(object({ mediaType: string, digest: string, size: number }))),
  Manifests: since("1.48", optional(list(any))),
});

/** GET /images/json. The counts of `Containers` are real since 1.51; a list without entries could be null before 1.43. */
export const imageList: Shape = list(
  object({
    Id: string,
    ParentId: string,
    RepoTags: { kind: "changed", at: "1.43", before: nullable(strings), from: strings },
    RepoDigests: { kind: "changed", at: "1.43", before: nullable(strings), from: strings },
    Created: number,
    Size: number,
    SharedSize: number,
    VirtualSize: until("1.44", number),
    Labels: nullable(map(string)),
    Containers: number,
    Descriptor: since("1.48", optional(any)),
    Manifests: since("1.47", optional(list(any))),
  }),
);

/** POST /commit. */
export const committed: Shape = object({ Id: string });

/** GET /images/{name}/history. */
export const imageHistory: Shape = list(
  object({ Id: string, Created: number, CreatedBy: string, Tags: nullable(strings), Size: number, Comment: string }),
);

/** DELETE /images/{name}. */
export const imageRemoved: Shape = list(object({ Untagged: optional(string), Deleted: optional(string) }));

/** One line of POST /images/load: `JSONMessage` of pkg/jsonmessage, the same in every release. */
export const progressLine: Shape = object({
  stream: optional(string),
  status: optional(string),
  id: optional(string),
  progress: optional(string),
  progressDetail: optional(
    object({
      current: optional(number),
      total: optional(number),
      start: optional(number),
      hidecounts: optional(boolean),
      units: optional(string),
    }),
  ),
  error: optional(string),
  errorDetail: optional(object({ code: optional(number), message: string })),
  aux: optional(any),
});
