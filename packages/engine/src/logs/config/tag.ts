import { executeTemplate, parseTemplate, standardFunctions, type TemplateLimits } from "@berth/spec";
import type { ContainerRecord } from "../../containers/record.ts";

/** A tag stands in every line: it is short, or it is none. */
const limits: TemplateLimits = { sourceLength: 4096, depth: 20, steps: 10_000, outputLength: 4096 };
const functions = new Set(Object.keys(standardFunctions).concat("and", "or"));

/**
 * The tag of a container's lines, from its `tag` option: a template of Docker's fields (`{{.Name}}/{{.ID}}`).
 * `fallback` is the template when there is none. Throws TemplateError.
 */
export function logTag(record: ContainerRecord, options: { readonly hostname: string; readonly fallback: string }): string {
  const source = record.hostConfig.LogConfig.Config["tag"] || options.fallback;
  if (source === "") return "";
  return executeTemplate(parseTemplate(source, functions, limits), fieldsOf(record, options.hostname), { limits });
}

/** What Docker's templates can name. */
function fieldsOf(record: ContainerRecord, hostname: string): Readonly<Record<string, unknown>> {
  const { id, config, imageId } = record;
  return {
    ID: id.slice(0, 12),
    FullID: id,
    Name: record.name,
    Command: [record.path, ...record.args].join(" "),
    ImageID: imageId.replace(/^sha256:/, "").slice(0, 12),
    ImageFullID: imageId,
    ImageName: config.Image,
    Hostname: hostname,
    // What filters of syslog servers look for.
    DaemonName: "docker",
    Config: record.hostConfig.LogConfig.Config,
    ContainerID: id,
    ContainerName: `/${record.name}`,
    ContainerEntrypoint: record.path,
    ContainerArgs: record.args,
    ContainerImageID: imageId,
    ContainerImageName: config.Image,
    ContainerCreated: record.createdAt,
    ContainerEnv: config.Env ?? [],
    ContainerLabels: config.Labels,
  };
}
