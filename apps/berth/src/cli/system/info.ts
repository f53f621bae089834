import { engineInfo } from "@berth/client";
import { executeTemplate } from "@berth/spec";
import type { Command, Context } from "../command.ts";
import { parse, templateFailure } from "../format/rows.ts";
import { serverText, warningLines } from "./info-text.ts";
import { clientInfo } from "./version.ts";

/** `berth info`. */
export const command: Command = {
  usage: "[OPTIONS]",
  flags: [{ name: "format", short: "f", type: "string", values: ["json"], help: "json, or a Go template, e.g. '{{.ServerVersion}}'" }],
  examples: [
    { line: "berth info", does: "How many containers and images there are, and how the engine works" },
    { line: "berth info --format '{{.CgroupVersion}}'", does: "One value, for a script" },
    { line: "berth info --format json | head -c 20", does: "Everything, as JSON" },
  ],
  seeAlso: ["version", "stats"],
  min: 0,
  max: 0,
  run: async (context, parsed) => {
    const asked = parsed.string("format");
    const template = asked === "" ? undefined : parse(asked === "json" ? "{{json .}}" : asked);
    if (template === undefined) await context.stdout.write(clientText(context));
    const info = await engineInfo(context.engine);
    if (template !== undefined) {
      const { Version, Context: name } = clientInfo(context);
      const data = { ...info, ClientInfo: { Debug: context.debug, Version, Context: name, Plugins: [], Warnings: null } };
      try {
        await context.stdout.write(`${executeTemplate(template, data, { lookup: { optional, maps: new Set(["Runtimes"]) } })}\n`);
      } catch (error) {
        throw templateFailure(error, 1);
      }
      return 0;
    }
    await context.stdout.write(serverText(info));
    const warnings = warningLines(info);
    if (warnings.length > 0) await context.stderr.write(`\n${warnings.join("\n")}\n`);
    return 0;
  },
};

const optional = new Set([
  "SystemStatus",
  "ProductLicense",
  "DefaultAddressPools",
  "FirewallBackend",
  "CDISpecDirs",
  "DiscoveredDevices",
  "Containerd",
]);

function clientText(context: Context): string {
  const { Version, Context: name } = clientInfo(context);
  return `Client:\n Version: ${Version}\n Context: ${name}\n${context.debug ? " Debug Mode: true\n" : ""}\n`;
}
