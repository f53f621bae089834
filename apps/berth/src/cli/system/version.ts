import type { VersionAnswer } from "@berth/client";
import { engineVersion } from "@berth/client";
import { executeTemplate, newestApiVersion } from "@berth/spec";
import { buildInfo } from "../../build-info.ts";
import type { Command, Context } from "../command.ts";
import { parse, templateFailure } from "../format/rows.ts";
import { alignColumns } from "../format/table.ts";

/** `berth version`. What is known of the client is told even when the engine does not answer. */
export const command: Command = {
  usage: "[OPTIONS]",
  about:
    "Shows this program and the engine that it talks to. When the engine does not answer, this program's part is shown all the same and the exit code is 1.",
  flags: [{ name: "format", short: "f", type: "string", values: ["json"], help: "json, or a Go template, e.g. '{{.Server.Version}}'" }],
  examples: [
    { line: "berth version", does: "Both sides, with their API versions" },
    { line: "berth version --format '{{.Server.APIVersion}}'", does: "One value, for a script" },
  ],
  seeAlso: ["info"],
  min: 0,
  max: 0,
  run: async (context, parsed) => {
    const asked = parsed.string("format");
    const template = asked === "" ? undefined : parse(asked === "json" ? "{{json .}}" : asked);
    let server: VersionAnswer | undefined;
    let failure: Error | undefined;
    try {
      server = await engineVersion(context.engine);
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    const client = clientInfo(context);
    const data = { Client: client, Server: server === undefined ? null : inOrder(server) };
    try {
      const text =
        template === undefined
          ? versionText({ Client: client, Server: server ?? null })
          : `${executeTemplate(template, data, { lookup })}\n`;
      await context.stdout.write(text);
    } catch (error) {
      throw failure ?? templateFailure(error, 1);
    }
    if (failure !== undefined) throw failure;
    return 0;
  },
};

/** The engine's answer with its fields in docker's order, so that JSON looks the same whichever engine answers. */
function inOrder(server: VersionAnswer): object {
  const { Platform, Components, Version, ApiVersion, MinAPIVersion, GitCommit, GoVersion, Os, Arch, KernelVersion, ...rest } = server;
  const sorted = Components?.map(({ Details, ...component }) => ({
    ...component,
    Details: Details === null ? null : detailsInOrder(Details),
  }));
  const known = {
    Platform,
    Components: sorted,
    Version,
    ApiVersion,
    MinAPIVersion,
    GitCommit,
    GoVersion,
    Os,
    Arch,
    KernelVersion,
    ...rest,
  };
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
}

function detailsInOrder(details: Readonly<Record<string, string>>): object {
  const entries = Object.entries(details).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([name, value]) => [name, name === "BuildTime" ? displayTime(value) : value]));
}

const lookup = {
  optional: new Set(["Platform", "Components", "GitCommit", "GoVersion", "KernelVersion", "Experimental", "BuildTime"]),
  maps: new Set(["Details"]),
  nils: new Map([["Experimental", "false"]]),
};

interface ClientInfo {
  readonly Version: string;
  readonly ApiVersion: string;
  readonly DefaultAPIVersion: string;
  readonly GitCommit: string;
  readonly Os: string;
  readonly Arch: string;
  readonly BuildTime: string;
  readonly Context: string;
}

/** What this program is. */
export function clientInfo(context: Context): ClientInfo {
  const { version, commit, buildTime } = buildInfo();
  return {
    Version: version,
    ApiVersion: context.engine.apiVersion,
    DefaultAPIVersion: newestApiVersion,
    GitCommit: commit,
    Os: process.platform,
    Arch: process.arch === "x64" ? "amd64" : process.arch,
    BuildTime: buildTime,
    Context: context.contextName,
  };
}

function versionText({ Client: client, Server: server }: { Client: ClientInfo; Server: VersionAnswer | null }): string {
  const downgraded = client.ApiVersion === client.DefaultAPIVersion ? "" : ` (downgraded from ${client.DefaultAPIVersion})`;
  const lines = [
    "Client:",
    ...rows(" ", [
      ["Version", client.Version],
      ["API version", `${client.ApiVersion}${downgraded}`],
      ["Git commit", client.GitCommit],
      ["Built", displayTime(client.BuildTime)],
      ["OS/Arch", `${client.Os}/${client.Arch}`],
      ["Context", client.Context],
    ]),
  ];
  if (server !== null) lines.push("", ...serverLines(server));
  return alignColumns(`${lines.join("\n")}\n`, { minWidth: 20, padding: 1 });
}

function serverLines(server: VersionAnswer): string[] {
  const lines = [`Server:${server.Platform?.Name ? ` ${server.Platform.Name}` : ""}`];
  const components = server.Components ?? [];
  const known = components.some((component) => component.Name === "Engine");
  const all = known ? components : [{ Name: "Engine", Version: server.Version, Details: null }, ...components];
  for (const { Name: name, Version: version, Details } of all) {
    const details = Details ?? {};
    const rest = Object.entries(details).sort(([left], [right]) => (left < right ? -1 : 1));
    lines.push(` ${name}:`, ...rows("  ", [["Version", version], ...(name === "Engine" ? engineRows(server, details) : rest)]));
  }
  return lines;
}

function engineRows(server: VersionAnswer, details: Readonly<Record<string, string>>): [string, string][] {
  const oldest = details["MinAPIVersion"] ?? server.MinAPIVersion ?? "";
  const built = details["GoVersion"] ?? server.GoVersion ?? "";
  const experimental = details["Experimental"] ?? String(server.Experimental ?? false);
  return [
    ["API version", `${details["ApiVersion"] ?? server.ApiVersion}${oldest === "" ? "" : ` (minimum version ${oldest})`}`],
    // The API has one field for the language's version, named after Docker's language.
    built.startsWith("bun") ? ["Bun version", built.slice("bun".length)] : ["Go version", built],
    ["Git commit", details["GitCommit"] ?? server.GitCommit ?? ""],
    ["Built", displayTime(details["BuildTime"] ?? server.BuildTime ?? "")],
    ["OS/Arch", `${details["Os"] ?? server.Os}/${details["Arch"] ?? server.Arch}`],
    ["Experimental", experimental === "true" ? experimental : ""],
  ];
}

/** Lines for what is known; what is empty has none. */
function rows(indent: string, pairs: readonly (readonly [label: string, value: string])[]): string[] {
  return pairs.flatMap(([label, value]) => (value === "" ? [] : [`${indent}${label}:\t${value}`]));
}

/** RFC 3339 as `Fri May 30 12:07:14 2025`; anything else as it is. */
function displayTime(text: string): string {
  const match = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}:\d{2}:\d{2})/.exec(text);
  if (match === null) return text;
  const [, year = "", month = "", day = "", clock = ""] = match;
  const weekday = "Sun Mon Tue Wed Thu Fri Sat".split(" ")[new Date(`${year}-${month}-${day}T00:00:00Z`).getUTCDay()] ?? "";
  const monthName = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ")[Number(month) - 1] ?? month;
  return `${weekday} ${monthName} ${String(Number(day)).padStart(2)} ${clock} ${year}`;
}
