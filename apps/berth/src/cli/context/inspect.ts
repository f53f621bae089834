import type { Command, Context } from "../command.ts";
import { inspectAll, inspectFormatHelp } from "../format/inspect.ts";
import { contextParts } from "./endpoint-flag.ts";
import { defaultName, foldersOf } from "./store/stored.ts";

/** `berth context inspect`. */
export const command: Command = {
  usage: "[OPTIONS] [CONTEXT] [CONTEXT...]",
  flags: [{ name: "format", short: "f", type: "string", values: ["json"], help: inspectFormatHelp }],
  examples: [
    { line: "berth context inspect", does: "The context in use" },
    { line: "berth context inspect -f '{{.Endpoints.docker.Host}}' default", does: "Only an address" },
  ],
  seeAlso: ["context ls"],
  local: true,
  min: 0,
  run: (context, parsed) => {
    const names = parsed.args.length === 0 ? [context.contextName] : parsed.args;
    return inspectAll(context, names, { format: parsed.string("format"), fetch: (name) => inspect(context, name), escapesHtml: true });
  },
};

async function inspect(context: Context, name: string): Promise<object> {
  const { stored, tls } = await contextParts(context, name);
  const folders = foldersOf(context.config.directory, name);
  const isDefault = name === defaultName;
  const nowhere = "<IN MEMORY>";
  return {
    Name: name,
    Metadata: isDefault ? {} : stored.metadata,
    Endpoints: stored.endpoints,
    TLSMaterial: Object.fromEntries(Object.entries(tls).map(([kind, files]) => [kind, Object.keys(files)])),
    Storage: { MetadataPath: isDefault ? nowhere : folders.meta, TLSPath: isDefault ? nowhere : folders.tls },
  };
}
