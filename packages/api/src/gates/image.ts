import { type ImageInspect, type ImageSummary, isAtLeast } from "@berth/spec";

/** Fields of an image's Config that were always there before 1.50, though only a container has them. */
const containerOnlyFields = {
  Hostname: "",
  Domainname: "",
  AttachStdin: false,
  AttachStdout: false,
  AttachStderr: false,
  Tty: false,
  OpenStdin: false,
  StdinOnce: false,
  Image: "",
};

/** Fields of an image's Config that are there before 1.52 even when nobody set them. */
const alwaysThere = { User: "", Env: null, Cmd: null, Volumes: null, WorkingDir: "", Entrypoint: null, OnBuild: null, Labels: null };

/** Further fields of an image's Config, and those of them that only a container has. An image's file may hold anything else; it is not shown. */
const whenSet = ["ExposedPorts", "Healthcheck", "ArgsEscaped", "StopSignal", "Shell"];
const containerOnlyWhenSet = ["NetworkDisabled", "MacAddress", "StopTimeout"];

/** GET /images/{name}/json as `version` knows it. Source: moby api/server/router/image/inspect_response.go. */
export function gateImageInspect(image: ImageInspect, version: string): unknown {
  const { Descriptor: descriptor, Container: container, ContainerConfig: containerConfig, ...rest } = image;
  return {
    ...rest,
    Config: configOf(image, version),
    ...(isAtLeast(version, "1.44") ? {} : { VirtualSize: image.Size }),
    ...(isAtLeast(version, "1.45")
      ? {}
      : { Container: container ?? "", ContainerConfig: { ...containerOnlyFields, ...alwaysThere, ...containerConfig } }),
    ...(isAtLeast(version, "1.48") && descriptor !== undefined ? { Descriptor: descriptor } : {}),
  };
}

function configOf(image: ImageInspect, version: string): Record<string, unknown> {
  const older = !isAtLeast(version, "1.50");
  const always: Record<string, unknown> = older ? { ...containerOnlyFields, ...alwaysThere } : alwaysThere;
  const shown = new Set([...Object.keys(always), ...whenSet, ...(older ? containerOnlyWhenSet : [])]);
  return { ...always, ...Object.fromEntries(Object.entries(image.Config).filter(([key]) => shown.has(key))) };
}

/** Rows of GET /images/json as `version` knows them. */
export function gateImageRows(rows: readonly ImageSummary[], version: string): unknown {
  return rows.map((row) => ({
    ...row,
    ...(isAtLeast(version, "1.43") ? {} : oldNames(row)),
    ...(isAtLeast(version, "1.44") ? {} : { VirtualSize: row.Size }),
    ...(isAtLeast(version, "1.51") ? {} : { Containers: -1 }),
  }));
}

/** Before 1.43 an image without any name had one of `<none>`, and a list without entries was null. */
function oldNames({ RepoTags: tags, RepoDigests: digests }: ImageSummary): object {
  if (tags.length === 0 && digests.length === 0) return { RepoTags: ["<none>:<none>"], RepoDigests: ["<none>@<none>"] };
  return { RepoTags: tags.length === 0 ? null : tags, RepoDigests: digests.length === 0 ? null : digests };
}
