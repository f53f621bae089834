import { rfc3339OfMs } from "@berth/base";
import type { ContainerConfig, ImageInspect } from "@berth/spec";
import type { ImagesContext } from "../context.ts";
import { layerPath } from "../layout/paths.ts";
import { configOf } from "./config.ts";
import { familiarNames, findImage } from "./lookup.ts";

const zeroTime = "0001-01-01T00:00:00Z";

/** `ImageStore.inspect`. */
export function inspectImage(context: ImagesContext, reference: string): ImageInspect {
  const row = findImage(context, reference);
  const config = configOf(row);
  const layers = context.rows.layers(row.id);
  const { tags, digests } = familiarNames(context.rows.names(row.id));
  const directories = layers.map(({ directory }) => layerPath(context.paths, directory)).reverse();
  const [upper, ...lower] = directories;
  const history = config.history ?? [];
  return {
    Id: row.id,
    RepoTags: tags,
    RepoDigests: digests,
    Parent: context.rows.image(row.parent_id)?.id ?? "",
    Comment: (config.comment || history.at(-1)?.comment) ?? "",
    Created: config.created ?? zeroTime,
    DockerVersion: config.docker_version ?? "",
    Author: config.author ?? "",
    Config: executionConfig(config.config ?? {}),
    Architecture: config.architecture ?? "",
    ...(config.variant === undefined ? {} : { Variant: config.variant }),
    Os: config.os || "linux",
    Size: layers.reduce((total, { size_bytes }) => total + size_bytes, 0),
    GraphDriver: {
      Name: "overlay2",
      Data: upper === undefined ? null : { ...(lower.length === 0 ? {} : { LowerDir: lower.join(":") }), UpperDir: upper },
    },
    RootFS: { Type: "layers", Layers: layers.map(({ diff_id }) => diff_id) },
    Metadata: { LastTagTime: row.tagged_ms === null ? zeroTime : rfc3339OfMs(row.tagged_ms) },
    ...(config.container === undefined ? {} : { Container: config.container, ContainerConfig: config.container_config ?? {} }),
    Descriptor: { mediaType: row.manifest_type, digest: row.manifest_digest, size: row.manifest_bytes },
  };
}

/** The defaults of the image's containers in the shape that Docker's inspect has: what is not set is there as null or empty. */
function executionConfig(config: NonNullable<ReturnType<typeof configOf>["config"]>): Partial<ContainerConfig> {
  const shape: Record<string, unknown> = {
    Hostname: "",
    Domainname: "",
    User: "",
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    Tty: false,
    OpenStdin: false,
    StdinOnce: false,
    Env: null,
    Cmd: null,
    Image: "",
    Volumes: null,
    WorkingDir: "",
    Entrypoint: null,
    OnBuild: null,
    Labels: null,
    ...config,
  };
  return shape;
}
