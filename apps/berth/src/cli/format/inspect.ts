import { TemplateError, executeTemplate } from "@berth/spec";
import type { Context } from "../command.ts";
import { StatusError } from "../status.ts";
import { parse } from "./rows.ts";
import { sortMaps } from "./sort-maps.ts";

/** Fields that an object may lack: a template sees nil there, not a mistake. */
const optional = new Set(
  words(
    "Berth NextStart Zombies Health Healthcheck Init SizeRw SizeRootFs Mounts ExposedPorts StopSignal StopTimeout Shell Volumes Config GraphDriver Descriptor Tmpfs Sysctls StorageOpt Annotations Variant Options Peers MacAddress NetworkDisabled Name Driver",
  ),
);

/** Objects whose keys are data: a missing key is no mistake there. */
const maps = new Set(
  words("Labels Networks Ports PortBindings Options Annotations Sysctls StorageOpt Tmpfs Data ExposedPorts Volumes Attributes Containers"),
);

/** How a template writes what an object has none of: docker's client knows lists and maps by their Go types, and some only by their JSON names. */
const nils = new Map([
  ...words("Args Binds CapAdd CapDrop Cmd DeviceCgroupRules DeviceRequests Devices Entrypoint Env ExecIDs ExtraHosts GroupAdd Links").map(
    (name): [string, string] => [name, "[]"],
  ),
  ...words("MaskedPaths OnBuild ReadonlyPaths RepoDigests RepoTags SecurityOpt Shell Ulimits VolumesFrom Aliases DNSNames Layers").map(
    (name): [string, string] => [name, "[]"],
  ),
  ...words("DNS DNSOptions DNSSearch").map((name): [string, string] => [name, "[]"]),
  ...words("Dns DnsOptions DnsSearch").map((name): [string, string] => [name, "<no value>"]),
  ...[...maps].map((name): [string, string] => [name, "map[]"]),
  ["StopSignal", ""],
]);

/**
 * Fetches objects and prints them as JSON or by a template. What is missing is told after what was found.
 * @returns 1 when one was missing
 */
export async function inspectAll(
  context: Context,
  names: readonly string[],
  how: { format: string; fetch: (name: string) => Promise<unknown>; escapesHtml?: boolean },
): Promise<number> {
  const template = how.format === "" || how.format === "json" ? undefined : parse(how.format);
  const found: unknown[] = [];
  const failures: unknown[] = [];
  const lines: string[] = [];
  for (const name of names) {
    try {
      const object = await how.fetch(name);
      found.push(object);
      if (template !== undefined)
        lines.push(`${executeTemplate(template, sortMaps(object, maps), { lookup: { optional, maps, nils } })}\n`);
    } catch (error) {
      failures.push(error instanceof TemplateError ? new StatusError(1, `template parsing error: ${error.message}`) : error);
    }
  }
  const json = (): string => JSON.stringify(found, null, how.format === "json" ? undefined : 4);
  const whole =
    how.escapesHtml === true ? (): string => json().replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`) : json;
  const text = template === undefined ? `${whole()}\n` : lines.join("") || "\n";
  await context.stdout.write(text);
  for (const failure of failures) {
    const { reportOne } = await import("../report.ts");
    await reportOne(failure, context.stderr);
  }
  return failures.length > 0 ? 1 : 0;
}

/** What `--format` of inspect says of itself. */
export const inspectFormatHelp = "'json' for one line, or a Go template, e.g. '{{.Id}}'";

function words(text: string): string[] {
  return text.split(" ");
}
